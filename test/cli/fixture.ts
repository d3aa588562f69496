/** A command line in this process: claims that say what they are told to, and what was written. */

import type {
  Claim,
  ClaimId,
  ClaimResult,
  Context,
  Finding,
  Need,
  Row,
  Verdict,
} from "../../correctness/claims.js";
import { main } from "../../correctness/cli.js";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line with these claims. */
export async function ran(
  args: readonly string[],
  claims: readonly Claim[] = holding(),
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  let [out, err] = ["", ""];
  const io = {
    out: { terminal: null, write: (text: string) => void (out += text) },
    err: { terminal: null, write: (text: string) => void (err += text) },
    env,
    interruption: () => new AbortController().signal,
  };
  const code = await main(args, io, claims);
  return { code, out, err };
}

type About = readonly [string, string, readonly string[], readonly Need[]];

const commands: Readonly<Record<ClaimId, About>> = {
  C1: ["tlc", "the model keeps its word", ["configs"], ["seed"]],
  C2: ["graph", "the core is the model", ["configs", "edges"], []],
  C3: ["conform", "Postgres does what the core says", ["checks"], ["pg"]],
  C4: ["lockstep", "all stay equal on long runs", ["runs", "steps"], ["pg", "seed"]],
  C5: ["interleave", "some order explains what comes out", ["pairs"], ["pg"]],
  C6: ["locks", "the plans are the locks", ["operations", "differences"], ["pg"]],
  C7: ["mutants", "bugs are found", ["mutants", "survived"], ["pg", "seed"]],
  C8: ["trace", "histories are explained", ["histories", "unexplained"], ["pg", "seed"]],
  versions: ["versions", "older servers do the same", ["versions", "checks"], ["pg", "seed"]],
};
const ids = Object.keys(commands) as ClaimId[];

/** A claim that does what `run` does. */
export function claimThat(id: ClaimId, run: (context: Context) => Promise<ClaimResult>): Claim {
  const [command, sentence, covers, needs] = commands[id];
  return { id, command, sentence, covers, needs, run };
}

const row = (verdict: Verdict): Row => ({
  name: "small",
  verdict,
  seconds: 1.25,
  facts: { states: 1234 },
});

/** What a claim returns that came to this verdict. */
export const result = (
  id: ClaimId,
  verdict: Verdict,
  findings: readonly Finding[] = [],
): ClaimResult => ({
  id,
  verdict,
  seconds: 1.25,
  covered: Object.fromEntries(commands[id][2].map((name) => [name, 12_345])),
  rows: [row(verdict)],
  findings,
});

export const finding: Finding = {
  title: "Enqueue(a, j1) → Claim(a, 1) → PruneQueue",
  lines: ["the core says:     skippedActive", "Postgres answers:  pruned"],
  replay: "ringproof conform slots",
  bundle: { path: [{ action: "PruneQueue", args: {} }] },
};

type Behaviour = Claim["run"];
export const holds =
  (id: ClaimId): Behaviour =>
  async () =>
    result(id, "holds");

/** All of them, each of which holds unless it is told otherwise. */
export const holding = (others: Partial<Record<ClaimId, Behaviour>> = {}): Claim[] =>
  ids.map((id) => claimThat(id, others[id] ?? holds(id)));
