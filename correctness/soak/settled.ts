/** How jobs ended of which nothing more is to come: a byte for each, so that hours of them fit. */

import { places, type Place } from "./moves.js";

const FIRST_SIZE = 1 << 16;

export class Settled {
  /** By job id: 1 more than the index of the place, or 0. */
  private bytes = new Uint8Array(FIRST_SIZE);

  get(id: string): Place | undefined {
    return places[(this.bytes[Number(id)] ?? 0) - 1];
  }

  set(id: string, place: Place): void {
    const at = Number(id);
    if (at >= this.bytes.length) this.grow(at);
    this.bytes[at] = places.indexOf(place) + 1;
  }

  private grow(to: number): void {
    const bytes = new Uint8Array(Math.max(to + 1, 2 * this.bytes.length));
    bytes.set(this.bytes);
    this.bytes = bytes;
  }
}
