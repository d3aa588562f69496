/** What every check is to the command line: a context to run in, and a result to print. */

import type { PgSource } from "../src/postgres/server.js";
import type { Counts, Fills } from "./coverage/counts.js";

export type Tier = "quick" | "full" | "nightly";
export const tiers: readonly Tier[] = ["quick", "full", "nightly"];

/** Part `index` (from 1) of `count` parts of the work. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Who ends a run before its time, and who hears how far it is. */
export interface RunContext {
  readonly signal: AbortSignal;
  /** `done` and `total` in any unit; `total` may be unknown. */
  progress(what: string, done: number, total?: number): void;
}

export interface Context extends RunContext {
  readonly tier: Tier;
  /** The seed of everything random; printed with every failure. */
  readonly seed: number;
  readonly shard: Shard;
  readonly pg: PgSource;
  /** Names of configurations to restrict the run to; empty means all of the tier. */
  readonly configs: readonly string[];
  /** Whether to count how often Postgres comes to each labelled statement, which takes time. */
  readonly labels?: boolean;
}

/** What only some claims need: where Postgres is, and the seed of what is random. */
export type Need = "pg" | "seed";

export type ClaimId = "C1" | "C2" | "C3" | "C4" | "C5" | "C6" | "C7" | "C8" | "versions";
/** Empty: here, as in this shard, there is nothing of this claim to do. */
export type Verdict = "holds" | "violated" | "not-run" | "empty";

/** One reason why a claim does not hold, most important lines first. */
export interface Finding {
  /** The shortest failing trace as action names, or one sentence. */
  readonly title: string;
  /** The first bad step, the rows that differ, the refusal's guard: plain text. */
  readonly lines: readonly string[];
  /** The one command that shows it again. */
  readonly replay: string;
  /** Of the Postgres on which it was found, where that is not the one of the command. */
  readonly pgVersion?: number;
  /** Its replay needs no Postgres. */
  readonly offline?: true;
  /** Written to the report folder as JSON. */
  readonly bundle?: unknown;
}

/** What came out, as a program reads it and, where that word misleads, as a person does. */
export interface Judged {
  readonly verdict: Verdict;
  readonly wording?: string;
}

/** One row of a claim's own table: a configuration, a run, an operation. */
export interface Row extends Judged {
  readonly name: string;
  readonly seconds: number;
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface ClaimResult extends Judged {
  readonly id: ClaimId;
  readonly seconds: number;
  readonly covered: Readonly<Record<string, number>>;
  readonly rows: readonly Row[];
  readonly findings: readonly Finding[];
  /** Why it was not run, and what to install or to leave out. */
  readonly why?: string;
  /** What a reader could take this result for, and it is not. */
  readonly note?: string;
  /** How often what occurred. */
  readonly counts?: Counts;
}

export interface Claim {
  readonly id: ClaimId;
  /** The sub-command that runs it alone. */
  readonly command: string;
  readonly sentence: string;
  /** The keys of `covered`, so that a claim that did not run prints zeros under the same names. */
  readonly covers: readonly string[];
  /** The flags that mean something to it beyond those that every claim takes. */
  readonly needs: readonly Need[];
  /** What its counts are of. */
  readonly fills?: Fills;
  run(context: Context): Promise<ClaimResult>;
}
