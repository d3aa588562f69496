/** Jobs that were offered, by the names that their producer gave them, until that is answered. */

import type { Call } from "./job.js";

export interface Batch {
  readonly call: Call;
  readonly names: readonly number[];
  /** The unique key of each, or null. */
  readonly keys: readonly (string | null)[];
  /** The ids of those that were met. */
  readonly seen: Map<number, string>;
}

export class Enqueues {
  /** Jobs of which a producer was told the id, or that their key is taken. */
  acknowledged = 0;
  turnedAway = 0;
  /** Those in calls of which nobody knows the answer, and how many of them were met. */
  unheard = 0;
  met = 0;
  /** Batches of those calls of which not all jobs were met yet. */
  readonly lost = new Set<Batch>();
  private readonly byName = new Map<number, Batch>();

  offer(call: Call, names: readonly number[], keys: readonly (string | null)[]): Batch {
    const batch = { call, names, keys, seen: new Map() };
    for (const name of names) this.byName.set(name, batch);
    return batch;
  }

  /** Which it is in, unless it was answered long ago. */
  of(name: number): Batch | undefined {
    return this.byName.get(name);
  }

  answered(batch: Batch): void {
    for (const name of batch.names) this.byName.delete(name);
  }

  lose(batch: Batch): void {
    this.unheard += batch.names.length;
    this.met += batch.seen.size;
    this.lost.add(batch);
    this.tidy(batch);
  }

  meet(batch: Batch, name: number, id: string): void {
    batch.seen.set(name, id);
    if (!this.lost.has(batch)) return;
    this.met++;
    this.tidy(batch);
  }

  /** All of it is there. */
  private tidy(batch: Batch): void {
    if (batch.seen.size < batch.names.length) return;
    this.lost.delete(batch);
    this.answered(batch);
  }
}

/**
 * What is missing of a batch of which some is there. A job whose key was taken was turned away:
 * only those without a key must be there if any other one is.
 */
export function missing({ names, keys, seen }: Batch): readonly number[] {
  if (seen.size === 0) return [];
  return names.filter((name, i) => keys[i] === null && !seen.has(name));
}
