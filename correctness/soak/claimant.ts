/** Claims by queue, with a dispatch slot that is leased, or from one lane. */

import type { ClaimedJob, HeldSlot } from "../../src/postgres/answers.js";
import { Actor } from "./actor.js";
import type { Payload } from "./hand-outs.js";
import { isCalm, lanes as allLanes, terms } from "./world.js";

const MOST_AT_ONCE = 10;
const AGEING = 1_000;
/** Milliseconds until it asks again for a dispatch slot. */
const FULL_MS = 500;
/** From which nobody claims while all is calm, so that its jobs wait. */
const NEGLECTED = "bulk";

export abstract class Claimant extends Actor {
  /** By queue. */
  protected readonly held = new Map<string, HeldSlot>();
  /** Queues of which all dispatch slots are taken, and until when it believes that. */
  private readonly full = new Map<string, number>();

  /** Some jobs, of one lane. */
  protected async claimSome(): Promise<readonly ClaimedJob<Payload>[]> {
    const { dice, lanes } = this;
    const limit = 1 + dice(MOST_AT_ONCE);
    const place = dice(allLanes.length);
    const [queue] = allLanes[place]!;
    if (queue === NEGLECTED && isCalm(this.world)) return [];
    if (dice(10) === 0) return this.claimFrom(this.world.lanes[place]!, limit);
    if (!(await this.hold(queue))) return [];
    const jobs = await this.claim((now) =>
      lanes.claim<Payload>(queue, limit, now, { deadline: this.deadline(now), ageing: AGEING }),
    );
    if (jobs.length > 0) await this.claimed(queue, jobs[0]!.laneId);
    return jobs;
  }

  private claimFrom(lane: number, limit: number): Promise<readonly ClaimedJob<Payload>[]> {
    return this.claim((now) => this.storage.claim<Payload>(lane, limit, now, this.deadline(now)));
  }

  private deadline(now: Date): Date | null {
    return this.dice(2) === 0 ? new Date(now.getTime() + terms.deadline) : null;
  }

  /** Whether it may claim from the queue: it has a dispatch slot of it, or gets one. */
  private async hold(queue: string): Promise<boolean> {
    const now = performance.now();
    if (this.held.has(queue)) return true;
    if ((this.full.get(queue) ?? 0) > now) return false;
    const by = { queue, owner: this.name };
    const answer = await this.ask("acquire", (now) =>
      this.claimers.acquire(by, this.world.claimers, now),
    );
    if (answer?.result === "full") this.full.set(queue, now + FULL_MS);
    if (answer === null || answer.result === "full") return false;
    const held = { slot: answer.slot, epoch: answer.epoch };
    this.world.dispatch.told(by, held);
    this.held.set(queue, held);
    return true;
  }

  /** What is due after a claim that returned jobs: neither loses anything if it does not come. */
  private async claimed(queue: string, lane: number): Promise<void> {
    const by = { queue, owner: this.name };
    const held = this.held.get(queue) ?? null;
    const answer = await this.ask("claimed", (now) =>
      this.claimers.claimed(by, held, this.world.claimers, now),
    );
    if (answer === "superseded") this.held.delete(queue);
    if (this.dice(10) > 0)
      await this.ask("advanceClaimCursor", (now) => this.storage.advanceClaimCursor(lane, now));
  }
}
