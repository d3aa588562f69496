/**
 * The maintenance that the README asks for, as often as it can: prunes and rotates without a pause,
 * and in between promotes, rescues, rolls counts up and counts anew.
 */

import type { PruneOutcome, RotateOutcome } from "../../src/postgres/answers.js";
import { Actor, type Part } from "./actor.js";
import type { Told } from "./hand-outs.js";
import { terms } from "./world.js";

const MOST_AT_ONCE = 200;

/** How many slots there are. */
export interface RingSizes {
  readonly queue: number;
  readonly claim: number;
  readonly lease: number;
}

/** How often slots were reclaimed, and rings turned. */
export interface Turned {
  pruned: number;
  rotated: number;
}

export class Maintainer extends Actor {
  protected readonly rings: RingSizes;
  private readonly turned: Turned;
  private rounds = 0;

  constructor(part: Part, rings: RingSizes, turned: Turned) {
    super(part);
    this.rings = rings;
    this.turned = turned;
  }

  protected async step(): Promise<void> {
    const { dice } = this;
    const round = this.rounds++;
    await this.turn();
    if (round % 4 === 0) await this.promote();
    if (round % 8 === 0) await this.rescue();
    if (round % 8 === 4) await this.rescueLeases(dice(this.rings.lease));
    if (round % 6 === 0) await this.rollUp(dice(this.rings.queue));
    if (round % 200 === 0)
      await this.ask("rebuildTerminalCounts", (now) => this.storage.rebuildTerminalCounts(now));
  }

  /** In the order in which evidence is needed. */
  protected async turn(): Promise<void> {
    const { storage, world } = this;
    const { failedFloor } = terms;
    this.count(await this.ask("pruneLeases", (now) => storage.pruneLeases(now)));
    this.count(await this.ask("pruneClaims", (now) => storage.pruneClaims(now)));
    this.count(
      await this.ask("pruneQueue", (now) => {
        world.prunedAt = Math.max(world.prunedAt, now.getTime());
        return storage.pruneQueue(now, failedFloor);
      }),
    );
    this.count(await this.ask("rotateLeases", (now) => storage.rotateLeases(now)));
    this.count(await this.ask("rotateClaims", (now) => storage.rotateClaims(now)));
    this.count(await this.ask("rotateQueue", (now) => storage.rotateQueue(now)));
  }

  private count(outcome: PruneOutcome | RotateOutcome | null): void {
    if (outcome?.result === "pruned") this.turned.pruned++;
    if (outcome?.result === "rotated") this.turned.rotated++;
  }

  protected async promote(): Promise<void> {
    const { schema } = this.world;
    const due = await this.ask("deferred_jobs", (now) =>
      this.connection.query(
        `select job_id from "${schema}".deferred_jobs where run_at <= $1
         order by run_at limit ${MOST_AT_ONCE}`,
        [now],
      ),
    );
    const ids = (due?.rows ?? []).map(({ job_id: id }) => String(id));
    if (ids.length > 0)
      await this.ask("promoteDeferred", (now) => this.storage.promoteDeferred(ids, now));
  }

  protected async rescue(): Promise<void> {
    const { passes } = this;
    await this.rescued("staleReceipts", (now) => passes.staleReceipts(cutoff(now), now));
    await this.rescued("expiredDeadlines", (now) => passes.expiredDeadlines(now));
  }

  protected async rescueLeases(slot: number): Promise<void> {
    const { storage, dice } = this;
    const { maxAttempts } = terms;
    await this.rescued("rescueStaleLeases", (now) =>
      storage.rescueStaleLeases(slot, cutoff(now), MOST_AT_ONCE, now),
    );
    await this.rescued("rescueExpiredLeaseDeadlines", (now) =>
      storage.rescueExpiredLeaseDeadlines(slot, MOST_AT_ONCE, now),
    );
    await this.rescued("rescueCallbackTimeouts", (now) => {
      const runAt = new Date(now.getTime() + 500 * dice(3));
      return storage.rescueCallbackTimeouts(slot, { limit: MOST_AT_ONCE, maxAttempts, runAt }, now);
    });
  }

  private async rescued(
    action: string,
    make: (now: Date) => Promise<readonly Told[]>,
  ): Promise<void> {
    const { ledger, clock, handOuts } = this.world;
    const now = clock.read(this.late);
    const call = ledger.call(this.name, action, now);
    const some = await this.ask(action, make, { now });
    handOuts.rescued(call, some ?? []);
  }

  private async rollUp(slot: number): Promise<void> {
    await this.ask("rollupTerminalCounts", (now) => this.storage.rollupTerminalCounts(slot, now));
  }
}

const cutoff = (now: Date): Date => new Date(now.getTime() - terms.staleAfter);
