/**
 * What other sessions hold at the moment when one tries to lock something that it does not wait
 * for. They all stand still then, so that what is seen is what is there.
 */

import type pg from "pg";
import type { Mode } from "./footprint.js";
import type { Stepper } from "./stepper.js";

/** A lock of another session on a table; of a partition, by its own name. */
export interface HeldLock {
  readonly relation: string;
  readonly mode: Mode;
}

/** A row that another session has locked or changed, as it is stored. */
export interface LockedRow {
  /** Of a partition, the table that it is part of. */
  readonly table: string;
  readonly row: Readonly<Record<string, unknown>>;
}

export interface Seen {
  readonly locks: readonly HeldLock[];
  readonly rows: readonly LockedRow[];
}

/** The tables in which somebody locks rows without waiting. */
const tried = ["rings", "claim_slots", "lane_claim_heads", "lane_enqueue_heads", "lease_claims"];

const locksRows: readonly Mode[] = ["RowShareLock", "RowExclusiveLock"];

export class Watcher {
  private readonly controller: pg.Client;
  private readonly schema: string;
  private readonly nameOf: ReadonlyMap<number, string>;
  private readonly tableOf: ReadonlyMap<string, string>;

  constructor(
    controller: pg.Client,
    schema: string,
    names: { nameOf: ReadonlyMap<number, string>; tableOf: ReadonlyMap<string, string> },
  ) {
    this.controller = controller;
    this.schema = schema;
    this.nameOf = names.nameOf;
    this.tableOf = names.tableOf;
  }

  async look(others: readonly Stepper[]): Promise<Seen> {
    const standing = others.filter((s) => !s.moving && s.at.stand !== "done");
    const waiting = others.filter((s) => s.moving);
    const locks = standing.flatMap(({ at }) =>
      [...(at.uses ?? [])].flatMap(([relation, { modes }]) =>
        modes.map((mode): HeldLock => ({ relation, mode })),
      ),
    );
    if (waiting.length > 0) locks.push(...(await this.locksOf(waiting)));
    const places = locks.filter(
      ({ relation, mode }) =>
        locksRows.includes(mode) && tried.includes(this.tableOf.get(relation)!),
    );
    if (places.length === 0) return { locks, rows: [] };
    return { locks, rows: await this.rowsOf([...standing, ...waiting], places) };
  }

  /** Of sessions that wait: they have not said yet what they hold. */
  private async locksOf(waiting: readonly Stepper[]): Promise<readonly HeldLock[]> {
    const { rows } = await this.controller.query<{ oid: number; mode: Mode }>(
      `select relation::int as oid, mode from pg_locks
       where granted and locktype = 'relation' and pid = any ($1::int[])`,
      [waiting.map((s) => s.pid)],
    );
    return rows.flatMap(({ oid, mode }) => {
      const relation = this.nameOf.get(oid);
      return relation === undefined ? [] : [{ relation, mode }];
    });
  }

  private async rowsOf(
    others: readonly Stepper[],
    places: readonly HeldLock[],
  ): Promise<readonly LockedRow[]> {
    const relations = [...new Set(places.map(({ relation }) => relation))];
    const { rows } = await this.controller.query<{ relation: string; held: LockedRow["row"] }>(
      `select relation, held from "${this.schema}".locked_rows($1, $2)`,
      [relations, others.map((s) => s.pid)],
    );
    return rows.map(({ relation, held }) => ({ table: this.tableOf.get(relation)!, row: held }));
  }
}
