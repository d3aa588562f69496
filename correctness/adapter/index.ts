/**
 * The checks for a queue of your own in Postgres: write a `StorageUnderTest`, and give it to
 * `check` in a test, or its module to `npx ringproof check --adapter FILE`.
 */

import { parsePgSource } from "../../src/postgres/server.js";
import { rowsTable, findingText } from "../report/text.js";
import { runChecks } from "./checks.js";
import { checkStorage } from "./load.js";
import { checkNames, type CheckName, type StorageUnderTest } from "./storage.js";

export {
  NO_DEADLINE,
  type ArgsOf,
  type Job,
  type Lane,
  type Limits,
  type Outcome,
  type ResultOf,
  type Token,
} from "../../src/memory/index.js";
export type {
  CallName,
  CallOf,
  CheckName,
  JobShown,
  Place,
  Situation,
  StorageUnderTest,
} from "./storage.js";

export interface CheckOptions {
  /** Which checks to make; all unless said. */
  readonly checks?: readonly CheckName[];
  /** A URL, `embedded` or `testcontainers`; `DATABASE_URL`, or embedded, unless said. */
  readonly pg?: string;
  readonly tier?: "quick" | "full" | "nightly";
  /** Of what is random; 1 unless said. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

export interface CheckResult {
  readonly holds: boolean;
  /** How much of what was looked at: `states`, `calls`, `steps`, `schedules`, `events`. */
  readonly covered: Readonly<Record<string, number>>;
  /** A table, and behind it what is wrong, the shortest failing trace first. */
  readonly report: string;
}

/**
 * Whether the storage keeps the queue contract. Throws a UserError where it cannot be asked: it is
 * no storage under test, or there is no Postgres.
 */
export async function check(
  storage: StorageUnderTest,
  { checks = checkNames, pg, tier = "quick", seed = 1, signal }: CheckOptions = {},
): Promise<CheckResult> {
  checkStorage(storage, "This value");
  const { rows, covered, findings } = await runChecks(checks, parsePgSource(pg, process.env), {
    storage,
    tier,
    seed,
    replay: "ringproof check --adapter FILE",
    signal: signal ?? new AbortController().signal,
    progress: () => undefined,
  });
  const report = [rowsTable(rows), ...findings.map(findingText)].join("\n\n");
  return { holds: findings.length === 0, covered, report };
}
