/**
 * A schema in which schedules are run: an instrumented install, the sessions that are stepped, and
 * the start state, which is reached by calls and put back from its rows after every run.
 */

import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type pg from "pg";
import type { Call, Db, Outcome, Scope } from "../../src/core/index.js";
import { newBinding, type Binding } from "../../src/postgres/binding.js";
import { inline } from "../../src/postgres/inline.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { statements } from "../../src/postgres/statements.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import type { TwinContext } from "../../src/postgres/twin.js";
import { twinOf } from "../conform/attempts.js";
import { ensureLanes, installHarness } from "../conform/conform.js";
import { readSnapshot, type Snapshot } from "../conform/snapshot.js";
import { wrongRows } from "../conform/unmodelled.js";
import { relationsOf, type Relations } from "./relations.js";
import { hinderable, hindrance, type Hindrance } from "./hindrance.js";
import { installBreakpoints, instrument, type Policy } from "./instrument.js";
import type { Schedule } from "./schedules.js";
import { Watcher, type HeldLock, type LockedRow } from "./seen.js";
import { Stepping, type StepMade } from "./stepping.js";

/** A name that nobody else has. */
export const newSchema = (): string => `interleave_${randomBytes(4).toString("hex")}`;

export interface ArenaOptions {
  readonly schema: string;
  /** How many slots there are, and every lane of the scopes that are loaded. */
  readonly scope: Pick<Scope, "lanes" | "queueSlots" | "claimSlots" | "leaseSlots">;
  /** How many calls meet at most. */
  readonly sessions: number;
  /** Tells this arena's sessions from those of others on the same server. */
  readonly number: number;
  /** SQL that is run once the schema is installed, written for the schema `ringproof`. */
  readonly amend?: string;
}

export interface Ran {
  readonly steps: readonly StepMade[];
  /** What each call answered, or the error that it ended with. */
  readonly outcomes: readonly (Outcome | Error)[];
  readonly db: Db;
  /** What is wrong with rows that the model does not have. */
  readonly faults: readonly string[];
  /** Whether some sessions waited for each other in a way that Postgres did not end. */
  readonly stuck: boolean;
  /** For each call, what others held when it tried to lock something without waiting. */
  readonly met: readonly Hindrance[];
}

interface Left extends Pick<Ran, "outcomes" | "db" | "faults"> {
  readonly binding: Binding;
}

/** A run in which a session did not do again what it did before, at the same place. */
export class Strayed extends Error {}

export class Arena {
  /** The connection that steps the sessions. */
  readonly controller: pg.Client;
  private readonly options: ArenaOptions;
  private context!: TwinContext;
  private way: readonly Call[] | null = null;
  private loads = 0;
  private stepping!: Stepping;
  private root: Binding = newBinding(new Map());
  private start: Binding = this.root;
  private relations!: Relations;
  private watcher!: Watcher;
  private tries: ReadonlyMap<string, Policy> = new Map();

  private constructor(controller: pg.Client, options: ArenaOptions) {
    this.controller = controller;
    this.options = options;
  }

  static async open(server: PostgresServer, options: ArenaOptions): Promise<Arena> {
    const arena = new Arena(await connect(server), options);
    try {
      await arena.prepare(server);
    } catch (error) {
      await arena.close().catch(() => undefined);
      throw error;
    }
    return arena;
  }

  private async prepare(server: PostgresServer): Promise<void> {
    const { schema, scope, amend, sessions, number } = this.options;
    const { controller } = this;
    await uninstall(controller, { schema });
    const { queueSlots, claimSlots, leaseSlots } = scope;
    await install(controller, { schema, queueSlots, claimSlots, leaseSlots });
    await installHarness(controller, schema);
    this.tries = await installBreakpoints(controller, schema);
    if (amend) await controller.query(requalify(instrument(amend), schema));
    const storage = new PostgresStorage(controller, { schema });
    this.root = newBinding(await ensureLanes(storage, scope));
    // As in restore_all(): where it changes, all plans of a session are forgotten.
    await controller.query("set session_replication_role = replica");
    await controller.query(`select "${schema}".save('root')`);
    this.relations = await relationsOf(controller, schema);
    const { tries, relations } = this;
    const { nameOf } = relations;
    this.watcher = new Watcher(controller, schema, relations);
    const stepping = { controller, schema, nameOf, tries, sessions, number: number * 8 };
    this.stepping = await Stepping.open(server, stepping);
  }

  async close(): Promise<void> {
    await this.stepping?.close();
    await uninstall(this.controller, { schema: this.options.schema });
    await this.controller.end();
  }

  /** Makes the state that these calls reach the start of the runs that follow, unless it is. */
  async load(way: readonly Call[], scope: Scope): Promise<void> {
    const { schema } = this.options;
    if (isDeepStrictEqual([this.way, this.context?.scope], [way, scope])) return;
    this.context = { sql: statements(schema), scope };
    this.way = way;
    await this.controller.query(`select "${schema}".restore_all('root')`);
    if (this.loads++ % 20 === 0) await this.vacuum();
    let binding = this.root;
    for (const call of way) {
      const { action, args } = call;
      const statement = twinOf(action).statement([args], binding, this.context);
      const rows = statement ? (await this.controller.query(inline(statement))).rows : [];
      binding = twinOf(action).answer(rows, [args], binding).binding;
    }
    this.start = binding;
    await this.controller.query(`select "${schema}".save('start')`);
  }

  /** The next state is reached anew, whatever it is. */
  forget(): void {
    this.way = null;
  }

  /** Nobody else does it: autovacuum's locks would be in the way of maintenance. */
  private async vacuum(): Promise<void> {
    const tables = [...new Set(this.relations.tableOf.values())];
    const own = tables.map((table) => `"${this.options.schema}"."${table}"`);
    await this.controller.query(`vacuum pg_class, ${own.join(", ")}`);
  }

  /** One run of these calls at once, led by the schedules; the rows are as before afterwards. */
  async run(calls: readonly Call[], schedules: Schedule): Promise<Ran> {
    this.stepping.begin(calls.map((call) => this.textOf(call)));
    const steps: StepMade[] = [];
    const seen = calls.map(() => ({ locks: [] as HeldLock[], rows: [] as LockedRow[] }));
    const waiting = new Map<number, number>();
    const steppers = this.stepping.active;
    for (;;) {
      const { enabled } = this.stepping;
      if (enabled.length === 0) break;
      const index = schedules.choose(enabled);
      if (!enabled.includes(index)) await this.stray(calls, "a session that should go on waits");
      const others = steppers.filter((s) => s.index !== index);
      const held = hinderable(calls[index]!.action) && (await this.watcher.look(others));
      const { burst, known } = schedules;
      const left = Math.max(known - steps.length, 0);
      for (const step of await this.stepping.go(index, burst, Math.min(left, burst))) {
        if (schedules.choose(enabled) !== index)
          await this.stray(calls, "a session went on where another one should");
        if (step.waitsFor.length > 0) waiting.set(index, steps.length);
        if (held && this.tries.has(step.label)) {
          seen[index]!.locks.push(...held.locks);
          seen[index]!.rows.push(...held.rows);
        }
        schedules.executed(step.did);
        steps.push(step);
      }
      for (const [other, at] of waiting) {
        const stepper = steppers[other]!;
        if (stepper.moving) continue;
        const amended = stepper.did(stepper.trail.length - 2, steps[at]!.waitsFor[0]!);
        schedules.amend(at, amended);
        waiting.delete(other);
      }
    }
    const stuck = await this.stepping.release();
    const { binding, ...ran } = await this.leave(calls);
    const met = seen.map(({ locks, rows }) => hindrance(locks, rows, binding));
    return { steps, met, stuck, ...ran };
  }

  /** Nothing is left of a run that has strayed. */
  private async stray(calls: readonly Call[], how: string): Promise<never> {
    await this.stepping.abandon();
    await this.leave(calls);
    throw new Strayed(how);
  }

  /** The call as SQL, in the state that is loaded. */
  textOf({ action, args }: Call): string {
    return inline(twinOf(action).statement([args], this.start, this.context)!);
  }

  /** What these rows answer to the call there. */
  answerOf({ action, args }: Call, rows: readonly Record<string, unknown>[]): Outcome {
    return twinOf(action).answer(rows, [args], this.start).outcomes[0]!;
  }

  /** What the calls answered and left; the rows are as at the start afterwards. */
  private async leave(calls: readonly Call[]): Promise<Left> {
    const { schema } = this.options;
    const { scope } = this.context;
    let binding = this.start;
    const outcomes: (Outcome | Error)[] = [];
    const first = (call: Call) => (call.action === "Enqueue" ? 0 : call.action === "Claim" ? 1 : 2);
    const order = calls.map((_, i) => i).sort((a, b) => first(calls[a]!) - first(calls[b]!));
    for (const i of order) {
      const { action, args } = calls[i]!;
      const { rows, error } = this.stepping.active[i]!.finished;
      if (error) {
        outcomes[i] = error;
        continue;
      }
      const answered = twinOf(action).answer(rows!, [args], binding);
      binding = answered.binding;
      outcomes[i] = answered.outcomes[0]!;
    }
    const result = await this.controller.query<{ snapshot: Snapshot }>({
      name: "leave",
      text: `select "${schema}".snapshot_and_restore('start', $1) as snapshot`,
      values: [this.written()],
    });
    const { snapshot } = result.rows[0]!;
    const db = readSnapshot(snapshot, binding, scope);
    return { binding, outcomes, db, faults: wrongRows(snapshot, db, binding, scope) };
  }

  /** Only the tables that somebody may have written have other rows than at the start. */
  private written(): readonly string[] {
    const reads = ["AccessShareLock", "RowShareLock"];
    const written = this.stepping.active.flatMap(({ at }) =>
      [...(at.uses ?? [])].filter(([, { modes }]) => modes.some((m) => !reads.includes(m))),
    );
    return [...new Set(written.map(([name]) => this.relations.tableOf.get(name)!))];
  }
}
