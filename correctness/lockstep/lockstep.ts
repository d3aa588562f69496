/**
 * C4: random runs in which contract, core and Postgres take the same steps, at sizes that no model
 * checker reaches. A run that fails is shrunk on Postgres itself; its seed and path replay it.
 */

import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { withCleanup } from "../../src/cleanup.js";
import {
  actions,
  type ActionName,
  type ActionTable,
  type Outcome,
  type Scope,
} from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import type { PostgresServer } from "../../src/postgres/server.js";
import type { Attempt } from "../conform/attempts.js";
import { add, addAll } from "../counting.js";
import type { Executions } from "../coverage/labels.js";
import { Runs, type Choice } from "./choices.js";
import { Database } from "./database.js";
import type { BadStep } from "./compare.js";
import { Hunt, SHRINK_RUNS } from "./hunt.js";
import { walk, type Walk, type WalkOptions } from "./trio.js";

export interface Failure {
  readonly seed: number;
  /** With the seed and the number of steps, replays exactly this run. */
  readonly path: string;
  readonly trace: readonly Attempt[];
  readonly bad: BadStep;
  /** The runs that were tried to find this short one. */
  readonly tried: number;
}

export interface LockstepResult {
  readonly runs: number;
  readonly steps: number;
  /** Answers per action and result, such as `Claim empty`. */
  readonly counts: ReadonlyMap<string, number>;
  /** The same of what is beside the calls of the model, such as `rollup noop`. */
  readonly beside: ReadonlyMap<string, number>;
  /** How often Postgres came to each labelled statement, where that is counted. */
  readonly labels: Executions;
  readonly failure?: Failure;
}

export interface LockstepOptions {
  readonly server: PostgresServer;
  readonly scope: Scope;
  readonly seed: number;
  /** How many runs, or which. */
  readonly runs: number | readonly number[];
  readonly steps: number;
  /** Actions that are chosen more often than usual. */
  readonly often?: readonly ActionName[];
  /** Of a failure found before: only that run is made, and not shrunk again. */
  readonly path?: string | undefined;
  readonly tables?: { readonly core?: ActionTable };
  /** SQL that is run once the schema is installed, written for the schema `ringproof`. */
  readonly amend?: string;
  /** Whether shorter runs are tried once one has failed; they are unless said. */
  readonly shrink?: boolean;
  /** Whether executions of labelled statements are counted. */
  readonly labels?: boolean | undefined;
  /** Health is asked for after one of so many steps; of sixteen unless said. */
  readonly asked?: number;
  /** Each has a schema of its own. */
  readonly connections?: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: (steps: number, of: number) => void;
}

/** The runs of all connections: what is left to do, what was counted, and the first that failed. */
class Runner {
  readonly counts = new Map<string, number>();
  readonly beside = new Map<string, number>();
  runs = 0;
  private begun = 0;
  steps = 0;
  failure: (Failure & { readonly run: number }) | undefined;
  private readonly options: LockstepOptions;
  private queue: number[];

  constructor(options: LockstepOptions) {
    const { path, runs } = options;
    this.options = options;
    const all = typeof runs === "number" ? Array.from({ length: runs }, (_, i) => i) : [...runs];
    this.queue = path === undefined ? all : [Number.parseInt(path, 10)];
  }

  get total(): number {
    return (this.begun + this.queue.length) * this.options.steps;
  }

  /** Takes runs in order until none is left; a failure, or an error, leaves none. */
  async work(database: Database): Promise<void> {
    for (let run = this.queue.shift(); run !== undefined; run = this.queue.shift()) {
      this.begun++;
      try {
        await this.check(database, run);
      } catch (error) {
        this.queue = [];
        throw error;
      }
    }
  }

  private async check(database: Database, run: number): Promise<void> {
    const { seed, steps, often, path, shrink = path === undefined } = this.options;
    const hunt = new Hunt(
      shrink ? SHRINK_RUNS : 1,
      (choices, first) => this.walk(database, choices, first),
      () => (this.queue = []),
    );
    const runs = new Runs(steps, often);
    const property = fc.asyncProperty(runs, (choices) => hunt.passes(choices));
    const details = await fc
      .check(property, { seed, path: path ?? String(run), numRuns: 1, endOnFailure: !shrink })
      .catch((error: unknown) => {
        throw isWrongPath(error) ? pathError(path!, error) : error;
      });
    if (hunt.stopped) throw hunt.stopped.reason;
    if (hunt.tried === 0) throw pathError(path!);
    this.runs++;
    if (!hunt.smallest || (this.failure && this.failure.run < run)) return;
    const { trace, bad } = hunt.smallest;
    const { tried } = hunt;
    this.failure = { run, seed, path: details.counterexamplePath!, trace, bad, tried };
  }

  private walk(database: Database, choices: readonly Choice[], counted: boolean): Promise<Walk> {
    const { scope, tables, signal, asked } = this.options;
    const table = tables?.core ?? actions;
    const passed: WalkOptions["passed"] = (attempt, outcomes, beside) => {
      if (!counted) return;
      this.count(attempt, outcomes);
      for (const name of beside) add(this.beside, name);
    };
    return walk(database, choices, { scope, table, signal, passed, ...(asked && { asked }) });
  }

  private count({ action }: Attempt, outcomes: readonly Outcome[]): void {
    this.steps++;
    for (const { result, reason, each } of outcomes) {
      for (const word of each ?? [reason ? `${result} ${reason}` : result]) {
        add(this.counts, `${action} ${word}`);
      }
    }
    if (this.steps % 50 === 0) this.options.progress?.(this.steps, this.total);
  }
}

/** Makes the runs, shared out among the connections; the same options give the same result. */
export async function runLockstep(options: LockstepOptions): Promise<LockstepResult> {
  const { server, scope, amend, labels: counted, connections = 2, path } = options;
  checkPath(path);
  const name = `lockstep_${randomUUID().slice(0, 8)}`;
  const databases: Database[] = [];
  const labels = new Map<string, number>();
  const runner = new Runner(options);
  const close = async () => {
    await Promise.all(databases.splice(0).map((database) => database.close()));
  };
  await withCleanup(close, async () => {
    for (let i = 1; i <= (path ? 1 : connections); i++) {
      const own = { schema: `${name}_${i}`, scope, ...(amend && { amend }), labels: !!counted };
      const database = await Database.connect(server, own);
      databases.push(database);
      await database.prepare();
    }
    const ends = await Promise.allSettled(databases.map((database) => runner.work(database)));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    for (const database of databases) addAll(labels, await database.executions());
  });
  const { runs, steps, counts, beside, failure } = runner;
  return { runs, steps, counts, beside, labels, ...(failure && { failure }) };
}

function checkPath(path: string | undefined): void {
  if (path !== undefined && !/^\d+(:\d+)*$/.test(path)) throw pathError(path);
}

const isWrongPath = (error: unknown): boolean => /path=/.test((error as Error).message);

const pathError = (path: string, cause?: unknown): UserError =>
  new UserError(
    `"${path}" is not the path of a run.`,
    "Copy it from the report of a failure, such as 12:3:0, with the seed beside it.",
    { cause },
  );
