/** Offers jobs at a rate: in batches, at once or later, some with a unique key. */

import type { Payload } from "./hand-outs.js";
import { Actor, type Part } from "./actor.js";

const MOST_AT_ONCE = 10;
/** So many unique keys there are. */
const KEYS = 60;
/** For so many seconds it makes up for jobs that it could not offer in time. */
const CATCH_UP = 2;
/** While so many seconds of jobs wait to be done, it offers no more. */
const BACKLOG = 20;

export interface Names {
  /** The next name of a job. */
  next: number;
}

export class Producer extends Actor {
  private readonly rate: number;
  private readonly names: Names;
  /** How many jobs it may offer now, and since when. */
  private due = 0;
  private at = performance.now();

  /** Of `rate` jobs a second. */
  constructor(part: Part, rate: number, names: Names) {
    super(part);
    this.rate = rate;
    this.names = names;
  }

  protected async step(): Promise<void> {
    const now = performance.now();
    const { ledger } = this.world;
    this.due = Math.min(
      this.due + ((now - this.at) / 1000) * this.rate,
      Math.max(CATCH_UP * this.rate, 2 * MOST_AT_ONCE),
    );
    this.at = now;
    const size = 1 + this.dice(MOST_AT_ONCE);
    if (this.due < size || ledger.pool("alive").size > BACKLOG * this.rate + 1_000)
      return this.pause(5);
    this.due -= size;
    await this.offer(Array.from({ length: size }, (): Payload => ({ name: ++this.names.next })));
  }

  private async offer(payloads: readonly Payload[]): Promise<void> {
    const { storage, world, dice } = this;
    const { ledger, clock } = world;
    const lane = this.lane();
    const unique = dice(5) === 0;
    const keys = payloads.map(() => (unique && dice(2) === 0 ? `k${dice(KEYS)}` : null));
    const now = clock.read(this.late);
    const runAt = new Date(dice(12) === 0 ? now + 100 + dice(2_000) : now);
    const call = ledger.call(this.name, "enqueue", now);
    const names = payloads.map(({ name }) => name);
    const batch = ledger.enqueues.offer(call, names, keys);
    const jobs = payloads.map((payload, i) => ({ payload, uniqueKey: keys[i]! }));
    const ids = await this.ask(
      "enqueue",
      (at) =>
        unique
          ? storage.enqueueUnique(lane, jobs, runAt, at)
          : storage.enqueue(lane, payloads, runAt, at),
      { now, over: () => ledger.enqueues.lose(batch) },
    );
    if (ids) ledger.acknowledged(batch, ids);
  }
}
