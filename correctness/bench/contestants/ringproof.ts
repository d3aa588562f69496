/** This engine, through the library that it is used by, with the maintenance that it asks for. */

import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { install } from "../../../src/postgres/install.js";
import { Lanes } from "../../../src/postgres/lanes.js";
import { RescuePasses } from "../../../src/postgres/rescue-passes.js";
import { PostgresStorage } from "../../../src/postgres/storage.js";
import { Bell } from "./bell.js";
import type { Body, Contestant, Terms, Workers } from "./contestant.js";
import { loops } from "./loops.js";

const schema = "ringproof";
const queue = "bench";
/** How often cursors move. */
const MAINTENANCE_MS = 1_000;
const STALE_MS = 60_000;
/** After so many rounds a slot is reclaimed, stale attempts are looked for, counts added up. */
const RECLAIM_ROUNDS = 5;
const RESCUE_ROUNDS = 10;
const ROLLUP_ROUNDS = 15;
const QUEUE_SLOTS = 16;

export class Ringproof implements Contestant {
  private readonly terms: Terms;
  private readonly pool: pg.Pool;
  private readonly storage: PostgresStorage;
  private readonly byQueue: Lanes;
  private readonly over = new AbortController();
  private bell!: Bell;
  private lanes: readonly number[] = [];
  private turn = 0;
  private maintenance: Promise<void> = Promise.resolve();

  constructor(terms: Terms) {
    this.terms = terms;
    this.pool = new pg.Pool({ connectionString: terms.url, max: terms.workers + 3 });
    this.storage = new PostgresStorage(this.pool, { schema, prepared: true });
    this.byQueue = new Lanes(this.pool, { schema, prepared: true });
  }

  /** A lane for each worker: a claim from a lane keeps others away from it. */
  async install(): Promise<void> {
    const client = await this.pool.connect();
    await install(client, { schema, queueSlots: QUEUE_SLOTS });
    client.release();
    const lanes: number[] = [];
    for (let shard = 0; shard < this.terms.workers; shard++)
      lanes.push(await this.storage.ensureLane(queue, 1, shard));
    this.lanes = lanes;
    this.bell = await Bell.at(this.terms.url);
    this.maintenance = this.maintain();
  }

  async enqueue(bodies: readonly Body[]): Promise<void> {
    const lane = this.lanes[this.turn++ % this.lanes.length]!;
    const now = new Date();
    await this.storage.enqueue(lane, bodies, now, now);
    await this.bell.ring();
  }

  work(completed: (bodies: readonly Body[]) => void): Workers {
    const { storage, byQueue } = this;
    const { batch, workers } = this.terms;
    return loops(workers, this.bell, async () => {
      const jobs = await byQueue.claim<Body>(queue, batch, new Date());
      if (jobs.length === 0) return false;
      await storage.complete(jobs, new Date());
      completed(jobs.map(({ payload }) => payload));
      return true;
    });
  }

  private async maintain(): Promise<void> {
    const { storage } = this;
    const { signal } = this.over;
    const passes = new RescuePasses(this.pool, { schema });
    for (let round = 0; !signal.aborted; round++) {
      const now = new Date();
      for (const lane of this.lanes) await storage.advanceClaimCursor(lane, now);
      if (round % RESCUE_ROUNDS === 0) {
        await passes.staleReceipts(new Date(now.getTime() - STALE_MS), now);
        await passes.expiredDeadlines(now);
      }
      if (round % RECLAIM_ROUNDS === 0) await this.reclaim(now);
      if (round % ROLLUP_ROUNDS === ROLLUP_ROUNDS - 1)
        for (let slot = 0; slot < QUEUE_SLOTS; slot++)
          await storage.rollupTerminalCounts(slot, now);
      await sleep(MAINTENANCE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async reclaim(now: Date): Promise<void> {
    const { storage } = this;
    await storage.pruneLeases(now);
    await storage.pruneClaims(now);
    await storage.pruneQueue(now);
    await storage.rotateLeases(now);
    await storage.rotateClaims(now);
    await storage.rotateQueue(now);
  }

  async close(): Promise<void> {
    this.over.abort();
    await this.maintenance;
    await this.bell.close();
    await this.pool.end();
  }
}
