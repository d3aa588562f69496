/** Runs claims one after the other; one whose environment is missing does not stop the others. */

import { UserError } from "../src/errors.js";
import type { Claim, ClaimResult, Context, Verdict } from "./claims.js";

/** A claim that could not run says why, and covers nothing. */
function notRun(claim: Claim, { message, remedy }: UserError): ClaimResult {
  return {
    id: claim.id,
    verdict: "not-run",
    seconds: 0,
    covered: Object.fromEntries(claim.covers.map((name) => [name, 0])),
    rows: [],
    findings: [],
    why: `${message} ${remedy}`,
  };
}

export async function runClaims(
  claims: readonly Claim[],
  contextOf: (claim: Claim) => Context,
): Promise<ClaimResult[]> {
  const results: ClaimResult[] = [];
  for (const claim of claims) {
    const result = await claim.run(contextOf(claim)).catch((error: unknown) => {
      if (error instanceof UserError) return notRun(claim, error);
      throw error;
    });
    results.push(result);
  }
  return results;
}

/** 1: a claim is violated; 2: one could not be run; 0: all hold. */
export function exitCode(verdicts: readonly Verdict[]): number {
  if (verdicts.includes("violated")) return 1;
  return verdicts.includes("not-run") ? 2 : 0;
}
