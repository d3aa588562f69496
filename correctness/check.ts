/** Runs a claim; a missing environment is a result of it, and does not stop the others. */

import { UserError } from "../src/errors.js";
import type { Claim, ClaimResult, Context, Verdict } from "./claims.js";

/** A claim that could not run says why, and covers nothing. */
function notRun(claim: Claim, seconds: number, { message, remedy }: UserError): ClaimResult {
  return {
    id: claim.id,
    verdict: "not-run",
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

/** 1: a claim is violated; 2: one could not be run; 0: all hold. */
export function exitCode(verdicts: readonly Verdict[]): number {
  if (verdicts.includes("violated")) return 1;
  return verdicts.includes("not-run") ? 2 : 0;
}
