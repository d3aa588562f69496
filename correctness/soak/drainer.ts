/**
 * The end of a soak: nothing new is produced, time passes until everything that waits is due, and
 * all that is handed out is completed; then the rings turn until every slot is empty.
 */

import type { JobState } from "../../src/postgres/answers.js";
import type { Queryable } from "../../src/postgres/caller.js";
import type { Payload } from "./hand-outs.js";
import { Maintainer } from "./maintainer.js";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const BATCH = 500;
/** Of one lane, in one round. */
const MOST_BATCHES = 200;
/** After so many rounds in which nothing changes, nothing ever will. */
const PATIENCE = 30;
const living: readonly JobState[] = ["ready", "deferred", "running", "waiting", "dead"];

export class Drainer extends Maintainer {
  /** Until no job is alive; how many still are when that comes to nothing. */
  async endAll(): Promise<number> {
    this.world.clock.pass(HOUR);
    return this.until(() => this.endSome());
  }

  /** Until no slot of any ring has a row; the tables that still have some. */
  async empty(): Promise<ReadonlyMap<string, number>> {
    let left: ReadonlyMap<string, number> = new Map();
    await this.until(async () => {
      await this.turn();
      left = await rowsLeft(this.connection.client, this.world.schema);
      return [...left.values()].reduce((sum, rows) => sum + rows, 0);
    });
    return left;
  }

  /** Again and again, until nothing is left, or what is left does not change any more. */
  private async until(some: () => Promise<number>): Promise<number> {
    let least = Infinity;
    for (let tries = 0; tries < PATIENCE; tries++) {
      this.world.signal?.throwIfAborted();
      this.world.clock.pass(MINUTE);
      const left = await some();
      if (left === 0 || this.world.ledger.wrongs.of("answers") > 0) return left;
      if (left < least) [least, tries] = [left, 0];
    }
    return least;
  }

  private async endSome(): Promise<number> {
    const { storage } = this;
    await this.rescue();
    for (let slot = 0; slot < this.rings.lease; slot++) await this.rescueLeases(slot);
    await this.promote();
    await this.purge();
    for (const lane of await this.ids(`select lane_id as id from "${this.world.schema}".lanes`))
      await this.workOff(Number(lane));
    await this.turn();
    const counts = (await this.ask("queueCounts", () => storage.queueCounts())) ?? [];
    const alive = counts.filter(({ state }) => living.includes(state));
    return alive.reduce((sum, { jobs }) => sum + jobs, 0);
  }

  private async ids(text: string): Promise<readonly string[]> {
    const found = await this.ask("ids", () => this.connection.query(text));
    return (found?.rows ?? []).map(({ id }) => String(id));
  }

  /** Jobs that were put aside. */
  private async purge(): Promise<void> {
    const { schema } = this.world;
    const ids = await this.ids(`select job_id as id from "${schema}".dlq_entries limit ${BATCH}`);
    const subjects = ids.map((jobId) => ({ jobId }));
    if (ids.length > 0)
      await this.on("purgeDlq", subjects, (now) => this.storage.purgeDlq(ids, now));
  }

  private async workOff(lane: number): Promise<void> {
    const { storage } = this;
    for (let batch = 0; batch < MOST_BATCHES; batch++) {
      const jobs = await this.claim((now) => storage.claim<Payload>(lane, BATCH, now, null));
      if (jobs.length === 0) break;
      await this.on("complete", jobs, (now) => storage.complete(jobs, now));
    }
    await this.ask("advanceClaimCursor", (now) => storage.advanceClaimCursor(lane, now));
  }
}

/** Partitions of rings, and tables that are empty when no job is alive, with their rows. */
async function rowsLeft(client: Queryable, schema: string): Promise<ReadonlyMap<string, number>> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select relname::text as name from pg_class
     where relnamespace = '"${schema}"'::regnamespace and relkind = 'r' and (relispartition
       or relname in ('deferred_jobs', 'dlq_entries', 'attempt_state', 'unique_keys'))`,
  );
  const each = tables.map(
    ({ name }) => `select '${name}' as name, count(*)::int as rows from "${schema}"."${name}"`,
  );
  const { rows } = await client.query<{ name: string; rows: number }>(each.join(" union all "));
  return new Map(rows.map(({ name, rows: count }) => [name, count]));
}
