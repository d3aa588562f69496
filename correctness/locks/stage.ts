/**
 * Where a schedule of LockOrder is played on Postgres: an instrumented install, and sessions that
 * are stepped until each has, or waits for, the lock that its turn is about.
 */

import type pg from "pg";
import { install, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { installBreakpoints, instrument } from "../interleave/instrument.js";
import type { Stepper } from "../interleave/stepper.js";
import { Stepping } from "../interleave/stepping.js";
import type { Thing } from "./schedule.js";

/** Rows are told by the names of their lanes: `lane_claim_heads#a`. */
const LANE = "lane_id = (select lane_id from ringproof.lanes where queue = ";

const SCHEMA = "predicted";

/** Tells these sessions from those of arenas on the same server. */
const NUMBER = 900;

/** Long enough to see who waits for whom before Postgres ends it. */
const DEADLOCK_TIMEOUT_MS = 300;

export interface Waiting {
  readonly session: number;
  /** What it waits for. */
  readonly on: string;
  /** The sessions that Postgres names. */
  readonly waitsFor: readonly number[];
}

/** What came of one turn: the session has the lock, waits, or has come to the end of its call. */
export type Reached = "has" | "waits" | "end";

/** A call that a session makes, written for the schema `ringproof`. */
export interface Call {
  readonly operation: string;
  readonly text: string;
  /** What the session sets before it begins. */
  readonly settings?: string;
}

export interface StageOptions {
  readonly sessions: number;
  /** Definitions that take the place of the shipped ones, written for the schema `ringproof`. */
  readonly amend?: string;
}

export class Stage {
  readonly storage: PostgresStorage;
  private readonly controller: pg.Client;
  private stepping!: Stepping;

  private constructor(controller: pg.Client) {
    this.controller = controller;
    this.storage = new PostgresStorage(controller, { schema: SCHEMA });
  }

  static async open(server: PostgresServer, options: StageOptions): Promise<Stage> {
    const stage = new Stage(await connect(server));
    try {
      await stage.prepare(server, options);
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  private async prepare(server: PostgresServer, options: StageOptions): Promise<void> {
    const { sessions, amend } = options;
    const { controller } = this;
    const schema = SCHEMA;
    await uninstall(controller, { schema });
    await install(controller, { schema, queueSlots: 3, claimSlots: 2, leaseSlots: 2 });
    const tries = await installBreakpoints(controller, schema);
    if (amend) await controller.query(requalify(instrument(amend), schema));
    this.stepping = await Stepping.open(server, {
      controller,
      schema,
      nameOf: new Map(),
      tries,
      sessions: sessions + 1,
      number: NUMBER,
    });
    for (const { client } of this.stepping.steppers)
      await client.query(`set deadlock_timeout = ${DEADLOCK_TIMEOUT_MS}`);
  }

  async close(): Promise<void> {
    await this.stepping?.close();
    await uninstall(this.controller, { schema: SCHEMA });
    await this.controller.end();
  }

  private async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
    return this.controller.query<Row>(requalify(text, SCHEMA), values);
  }

  /** Each session is to make one of these calls. */
  async begin(calls: readonly Call[]): Promise<void> {
    for (const [i, { settings }] of calls.entries())
      if (settings) await this.stepping.steppers[i]!.client.query(settings);
    const texts = calls.map(({ text }) => requalify(text, SCHEMA));
    // While one more stands by, nobody waits for Postgres to end a deadlock.
    this.stepping.begin([...texts, "select"]);
  }

  private get steppers(): readonly Stepper[] {
    return this.stepping.active.slice(0, -1);
  }

  /** Steps a session until it has this lock, waits, or has come to the end of its call. */
  async until(session: number, thing?: Thing): Promise<Reached> {
    const stepper = this.steppers[session]!;
    if (stepper.moving) return "waits";
    // Of a row that is locked nobody can tell by whom; a statement may lock several relations.
    const already = thing !== undefined && (await this.has(session, thing));
    if (already && !thing.on.includes("#")) return "has";
    while (!["commit", "done"].includes(stepper.at.stand)) {
      await this.stepping.go(session, 1);
      if (stepper.moving) return "waits";
      if (thing && !already && (await this.has(session, thing))) return "has";
    }
    return "end";
  }

  /** Of a row, whether anybody has it: only one session moves in a turn. */
  private async has(session: number, { on, mode }: Thing): Promise<boolean> {
    const [table, lane] = on.split("#");
    if (lane !== undefined) {
      const text = `select from ringproof.${table} where ${LANE}$1) for update skip locked`;
      return (await this.query(text, [lane])).rows.length === 0;
    }
    const { rows } = await this.query(
      `select from pg_locks where pid = $1 and granted and mode = $2
       and relation = 'ringproof.${table}'::regclass`,
      [this.steppers[session]!.pid, mode],
    );
    return rows.length > 0;
  }

  /** Who waits now, for what, and for whom. */
  async waiting(): Promise<readonly Waiting[]> {
    const { rows } = await this.query<{ pid: number; name: string; by: number[] }>(
      `select pid, pg_blocking_pids(pid) as by,
              coalesce(min(relname) filter (where relname is not null),
                       min(locktype)) as name
       from pg_locks l left join pg_class c on c.oid = l.relation
       where not granted and pid = any ($1::int[])
       group by pid order by array_position($1::int[], pid)`,
      [this.steppers.map(({ pid }) => pid)],
    );
    const index = (pid: number) => this.steppers.findIndex((s) => s.pid === pid);
    const known = (by: readonly number[]) => by.map(index).filter((session) => session >= 0);
    return rows
      .map(({ pid, name, by }) => ({ session: index(pid), on: name, waitsFor: known(by) }))
      .filter(({ waitsFor }) => waitsFor.length > 0);
  }

  /** Lets every session come to its end: the error of its call, or what it answered, as JSON. */
  async finish(): Promise<readonly string[]> {
    for (;;) {
      const next = this.steppers.find(({ enabled }) => enabled)?.index;
      const moving = this.steppers.filter((s) => s.moving);
      if (next !== undefined) await this.stepping.go(next, 1);
      else if (moving.length > 0) await Promise.race(moving.map(({ arrival }) => arrival));
      else break;
    }
    return this.steppers.map(({ finished: { rows, error } }) =>
      error ? (error.code ?? error.message) : JSON.stringify(rows),
    );
  }
}
