/** Jobs that come when they are due, whether those before them are done or not. */

import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "../quantile.js";
import type { Body } from "./contestants/contestant.js";
import type { Offered } from "./requests.js";

const TICK_MS = 10;

export interface Offer {
  readonly rate: number;
  readonly seconds: number;
  readonly started: number;
}

/** Sends each job with the others of its tick; resolves when all are committed. */
export async function offer(
  { rate, seconds, started }: Offer,
  enqueue: (dueAt: readonly number[]) => Promise<void>,
): Promise<void> {
  const jobs = rate * seconds;
  const sent: Promise<void>[] = [];
  for (let offered = 0; offered < jobs;) {
    await sleep(TICK_MS);
    const due = Math.min(jobs, Math.floor(((Date.now() - started) * rate) / 1_000));
    const some = Array.from(
      { length: due - offered },
      (_, i) => started + ((offered + i) * 1_000) / rate,
    );
    if (some.length > 0) sent.push(enqueue(some));
    offered = due;
  }
  await Promise.all(sent);
}

/** What was completed, and how late, second by second. */
export class Latencies {
  private readonly started: number;
  private readonly seconds: number[][] = [];

  constructor(started: number) {
    this.started = started;
  }

  completed({ at }: Body): void {
    const now = Date.now();
    const second = Math.floor((now - this.started) / 1_000);
    while (this.seconds.length <= second) this.seconds.push([]);
    this.seconds[second]!.push(now - at);
  }

  get offered(): Offered {
    const all = this.seconds.flat();
    return {
      p50: quantile(all, 0.5) ?? 0,
      p99: quantile(all, 0.99) ?? 0,
      seconds: this.seconds.map((some) => ({ completed: some.length, p99: quantile(some, 0.99) })),
    };
  }
}
