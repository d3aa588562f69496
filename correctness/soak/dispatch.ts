/** Who was told to have which dispatch slot, so that no two have one at the same time. */

import type { Claimer, HeldSlot } from "../../src/postgres/answers.js";
import type { Wrongs } from "./wrongs.js";

export class Dispatch {
  /** How often somebody was told to have one. */
  leases = 0;
  private readonly wrongs: Wrongs;
  /** The last that was told of each slot of a queue. */
  private readonly last = new Map<string, { readonly owner: string; readonly epoch: number }>();

  constructor(wrongs: Wrongs) {
    this.wrongs = wrongs;
  }

  told({ queue, owner }: Claimer, { slot, epoch }: HeldSlot): void {
    this.leases++;
    const key = `${queue} ${slot}`;
    const last = this.last.get(key);
    if (last?.epoch === epoch && last.owner !== owner) {
      const both = `${last.owner} and ${owner} were told to have it in epoch ${epoch}`;
      this.wrongs.add("slots", `slot ${slot} of ${queue}: ${both}`);
    }
    if (epoch >= (last?.epoch ?? 0)) this.last.set(key, { owner, epoch });
  }
}
