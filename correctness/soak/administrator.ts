/** Cancels, moves, retries, discards and purges, some jobs at a time. */

import { oneOf } from "../trace/dice.js";
import { Actor } from "./actor.js";
import type { MoveName, Place } from "./moves.js";
import { lanes } from "./world.js";

const MOST_AT_ONCE = 4;
const PAUSE_MS = 60;

type Make = (ids: readonly string[], now: Date) => Promise<readonly string[]>;

/** What is done to jobs of one place. */
interface Deed {
  readonly action: MoveName;
  readonly of: Place;
  readonly make: Make;
}

export class Administrator extends Actor {
  private readonly deeds: readonly Deed[] = [
    { action: "cancelReady", of: "alive", make: (ids, now) => this.storage.cancelReady(ids, now) },
    {
      action: "cancelRunning",
      of: "alive",
      make: (ids, now) => this.storage.cancelRunning(ids, now),
    },
    {
      action: "moveReady",
      of: "alive",
      make: (ids, now) => this.storage.moveReady(ids, this.lane(), now),
    },
    {
      action: "reprioritise",
      of: "alive",
      make: (ids, now) => this.lanes.reprioritise(ids, 1 + this.dice(2), now),
    },
    {
      action: "moveQueue",
      of: "alive",
      make: (ids, now) => this.lanes.moveQueue(ids, oneOf(lanes, this.dice)![0], now),
    },
    ...(["failed", "cancelled"] as const).map((of): Deed => ({
      action: "retryFromTerminal",
      of,
      make: (ids, now) => this.storage.retryFromTerminal(ids, now),
    })),
    { action: "failedToDlq", of: "failed", make: (ids, now) => this.storage.failedToDlq(ids, now) },
    ...(["completed", "failed", "cancelled"] as const).map((of): Deed => ({
      action: "discardTerminal",
      of,
      make: (ids, now) => this.storage.discardTerminal(ids, now),
    })),
    { action: "purgeDlq", of: "dead", make: (ids, now) => this.storage.purgeDlq(ids, now) },
    { action: "retryFromDlq", of: "dead", make: (ids, now) => this.storage.retryFromDlq(ids, now) },
  ];

  protected async step(): Promise<void> {
    const { action, of, make } = oneOf(this.deeds, this.dice)!;
    const ids = this.some(of);
    if (ids.length > 0)
      await this.on(
        action,
        ids.map((jobId) => ({ jobId })),
        (now) => make(ids, now),
      );
    await this.pause(this.dice(PAUSE_MS));
  }

  /** Jobs of a place, of which there is no call that could have taken them from there. */
  private some(of: Place): readonly string[] {
    const { ledger } = this.world;
    const drawn = Array.from({ length: 1 + this.dice(MOST_AT_ONCE) }, () =>
      ledger.pool(of).draw(this.dice),
    );
    const jobs = drawn.flatMap((job) => (job && (of === "alive" || job.quiet) ? [job.id] : []));
    return [...new Set(jobs)];
  }
}
