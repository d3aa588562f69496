/** Runs a claim; that it cannot be run is a result of it, and does not stop the others. */

import { UserError } from "../src/errors.js";
import type { Claim, ClaimResult, Context, Verdict } from "./claims.js";
import { NothingToDo } from "./shard.js";

/** A claim that could not run says why, and covers nothing. */
function notRun(claim: Claim, seconds: number, error: UserError): ClaimResult {
  const { message, remedy } = error;
  return {
    id: claim.id,
    verdict: error instanceof NothingToDo ? "empty" : "not-run",
    seconds,
    covered: Object.fromEntries(claim.covers.map((name) => [name, 0])),
    rows: [],
    findings: [],
    why: `${message.replace(/\.?$/, ".")} ${remedy}`,
  };
}

/** What an interrupted claim says is not looked at: its work is not done. */
export async function runClaim(claim: Claim, context: Context): Promise<ClaimResult> {
  const started = performance.now();
  context.signal.throwIfAborted();
  const result = await claim.run(context).catch((error: unknown) => {
    context.signal.throwIfAborted();
    if (!(error instanceof UserError)) throw error;
    return notRun(claim, (performance.now() - started) / 1000, error);
  });
  context.signal.throwIfAborted();
  return result;
}

/** 1: a claim is violated; 2: one could not be run, or there was nothing to do; 0: all hold. */
export function exitCode(verdicts: readonly Verdict[]): number {
  if (verdicts.includes("violated")) return 1;
  return verdicts.includes("not-run") || !verdicts.includes("holds") ? 2 : 0;
}
