/** A schema in which locks are recorded: an instrumented install, and the state of a situation. */

import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { packageRoot } from "../../src/package-root.js";
import { newBinding, type Binding } from "../../src/postgres/binding.js";
import { inline } from "../../src/postgres/inline.js";
import { install, ringproofSql, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { statements } from "../../src/postgres/statements.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import {
  installBreakpoints,
  instrument,
  labelled,
  type Labelled,
} from "../interleave/instrument.js";
import { Blockers } from "./blockers.js";
import { twinFor } from "./further.js";
import { Holding, type Lock, type LockMode } from "./locks.js";
import { Names, type Cast, type Row } from "./names.js";
import { rewound, type Place, type Report } from "./session.js";
import type { Layout, Situation } from "./situation.js";

/** What is different from the SQL that ships, written for the schema `ringproof`. */
export interface Amendment {
  /** Functions that are defined again. */
  readonly functions?: string;
  /** In the place of settings.sql. */
  readonly settings?: string;
}

const lanes = ["a", "b"];

/** The ids of these lanes and the next come out of a hash the other way round. */
const FIRST_LANE = 10;

const own = (file: string) => readFile(join(packageRoot(), "correctness", file), "utf8");

const shipped = (file: string) => readFile(join(ringproofSql().dir, file), "utf8");

/** The same for situations that begin with the same rows. */
export const stateKey = ({ way, reversed, hashed, scope }: Situation): string =>
  JSON.stringify([way, reversed, hashed, scope]);

export class Site {
  readonly server: PostgresServer;
  readonly controller: pg.Client;
  readonly schema = `locks_${randomInt(2 ** 30)}`;
  readonly number = randomInt(2 ** 30);
  names!: Names;
  blockers!: Blockers;
  cast: Cast = { binding: newBinding(new Map()), nextId: 1, lanes: new Map(), nextLane: 1 };
  /** Every labelled statement, by its label. */
  readonly statements = new Map<string, string>();
  private root: Binding = newBinding(new Map());
  private loaded = "";
  private layout: Layout = { reversed: false, hashed: false };
  /** The unique keys of the rows that are there before the call, by their tables. */
  private taken: ReadonlyMap<number, readonly Lock[]> = new Map();

  private constructor(server: PostgresServer, controller: pg.Client) {
    this.server = server;
    this.controller = controller;
  }

  static async open(
    server: PostgresServer,
    amendment: Amendment = {},
    claimSlots = 2,
  ): Promise<Site> {
    const site = new Site(server, await connect(server));
    try {
      await site.prepare(amendment, claimSlots);
      return site;
    } catch (error) {
      await site.close();
      throw error;
    }
  }

  private async prepare(
    { functions = "", settings }: Amendment,
    claimSlots: number,
  ): Promise<void> {
    const { controller, schema, number } = this;
    const run = (sql: string) => controller.query(requalify(sql, schema));
    await install(controller, { schema, queueSlots: 2, claimSlots, leaseSlots: 2 });
    await installBreakpoints(controller, schema);
    await run(instrument(functions));
    await run(settings ?? (await shipped("settings.sql")));
    await run(await own("locks/recorder.sql"));
    await controller.query(
      `create sequence "${schema}".gates_${number}; create sequence "${schema}".orders_${number}`,
    );
    for (const file of ringproofSql().files) this.describe(labelled(await shipped(file)));
    this.describe(labelled(functions));
    const storage = new PostgresStorage(controller, { schema });
    const ids = new Map<string, number>();
    const sequence = `pg_get_serial_sequence('"${schema}".lanes', 'lane_id')`;
    await controller.query(`select setval(${sequence}, ${FIRST_LANE}, false)`);
    for (const lane of lanes) ids.set(lane, await storage.ensureLane(lane, 0, 0));
    this.root = newBinding(ids);
    await controller.query(`select "${schema}".save('root')`);
    this.names = await Names.read(controller, schema);
    this.blockers = new Blockers(this.server, schema, this.names);
  }

  get place(): Place {
    const { server, schema, number, controller, layout, next } = this;
    return { server, schema, number, controller, layout, next };
  }

  private describe(some: readonly Labelled[]): void {
    for (const { label, statement } of some) this.statements.set(label, statement);
  }

  async close(): Promise<void> {
    await this.blockers?.close();
    await uninstall(this.controller, { schema: this.schema });
    await this.controller.end();
  }

  /** Makes this situation's state the one that all sessions see; returns the call. */
  async load(situation: Situation): Promise<string> {
    const { way, list, scope, operation, reversed, hashed } = situation;
    const { schema, controller } = this;
    const context = { sql: statements(schema), scope };
    const key = stateKey(situation);
    if (key !== this.loaded) {
      await controller.query(`select "${schema}".renew('root')`);
      await this.meet(this.root);
      let binding = this.root;
      for (const { action, args } of way) {
        const statement = twinFor(action).statement([args], binding, context);
        const rows = statement ? (await controller.query(inline(statement))).rows : [];
        binding = twinFor(action).answer(rows, [args], binding).binding;
      }
      await this.meet(binding);
      if (reversed) await controller.query(`select "${schema}".turn_round()`);
      this.layout = { reversed, hashed };
      this.loaded = key;
      this.taken = await this.keys();
    }
    return inline(twinFor(operation).statement(list, this.cast.binding, context)!);
  }

  /** These jobs are there, and some lanes. */
  private async meet(binding: Binding): Promise<void> {
    const { rows } = await this.controller.query<{ lane_id: number; name: string }>(
      `select lane_id, concat_ws(':', queue, nullif(priority, 0)) as name
       from "${this.schema}".lanes`,
    );
    const lanes = new Map(rows.map(({ lane_id, name }) => [lane_id, name]));
    const after = (ids: Iterable<number | string>) => Math.max(0, ...[...ids].map(Number)) + 1;
    const [nextId, nextLane] = [after(binding.jobs.keys()), after(lanes.keys())];
    this.cast = { binding, nextId, lanes, nextLane };
    await this.controller.query(rewound(this));
  }

  /** The ids that come next. */
  get next(): Place["next"] {
    const { nextId, nextLane } = this.cast;
    return { job_ids: nextId, lanes_lane_id_seq: nextLane };
  }

  private async keys(): Promise<ReadonlyMap<number, readonly Lock[]>> {
    const { rows } = await this.controller.query<{ relation: number; body: Row }>(
      `select * from "${this.schema}".all_rows()`,
    );
    const relations = [...new Set(rows.map(({ relation }) => relation))];
    const bodies = (oid: number) => rows.filter((r) => r.relation === oid).map(({ body }) => body);
    return new Map(relations.map((oid) => [oid, this.keysOf(oid, bodies(oid))]));
  }

  private keysOf(oid: number, rows: readonly Row[]): readonly Lock[] {
    return this.names.uniqueIndexes(oid).flatMap((index) =>
      rows.map((row): Lock => {
        const place = { kind: "key", index, row } as const;
        return { on: this.names.keyName(index, row, this.cast), mode: "UniqueKey", place };
      }),
    );
  }

  private gone(oid: number, lock: Lock): Lock {
    if (lock.place.kind !== "key") return lock;
    const { index, row } = lock.place;
    const nth = this.names.uniqueIndexes(oid).indexOf(index);
    const order = `${this.names.rowName(oid, row as Row, this.cast)} ${nth}`;
    return { ...lock, place: { kind: "gone", order } };
  }

  /** Keys that were inserted into a table, and those of its rows that were deleted. */
  private keysWritten(oid: number, rows: readonly Row[]): readonly Lock[] {
    const [before, now] = [this.taken.get(oid) ?? [], this.keysOf(oid, rows)];
    const without = (locks: readonly Lock[], others: readonly Lock[]) => {
      const names = new Set(others.map(({ on }) => on));
      return locks.filter(({ on }) => !names.has(on));
    };
    return [...without(now, before), ...without(before, now).map((lock) => this.gone(oid, lock))];
  }

  /** The locks behind a report, without those of rows. */
  locksOf({ relations, advisory, written }: Report): readonly Lock[] {
    const { names } = this;
    const tables = relations.flatMap(([oid, mode]): Lock[] => {
      const relation = names.relation(oid);
      if (!relation) return [];
      const place = { kind: "relation", relation: relation.whole } as const;
      return [{ on: relation.name, mode: mode as LockMode, place }];
    });
    const advisories = advisory.map((ids): Lock => ({
      on: names.advisoryName(ids),
      mode: "Advisory",
      place: { kind: "advisory", ids },
    }));
    const whole = relations.filter(([, mode]) => mode === "AccessExclusiveLock");
    const keys = Object.entries(written)
      .filter(([oid]) => !whole.some(([locked]) => locked === Number(oid)))
      .flatMap(([oid, rows]) => this.keysWritten(Number(oid), rows));
    return [...tables, ...advisories, ...keys];
  }

  /** The locks of rows that a session holds now. */
  async rowsOf(pid: number): Promise<readonly Lock[]> {
    const { rows } = await this.controller.query(
      `select relation, place::text, body, mode from "${this.schema}".held_rows(${pid})`,
    );
    return rows.map(({ relation, place, body, mode }): Lock => {
      const on = this.names.rowName(relation, body, this.cast);
      return { on, mode, place: { kind: "row", relation, at: place } };
    });
  }

  /** Without the row that somebody else has. */
  async holding(pid: number, report: Report, others?: string): Promise<Holding> {
    const rows = (await this.rowsOf(pid)).filter(({ on }) => on !== others);
    return new Holding([...this.locksOf(report), ...rows]);
  }
}
