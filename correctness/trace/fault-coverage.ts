/** Recordings until calls were lost at every labelled statement that a call can come to. */

import { newDice } from "./dice.js";
import { Faults, Places, type FaultRates, type PlacedKind } from "./faults.js";
import type { History } from "./history.js";
import { recordWith, type RecordOptions } from "./record.js";

export interface CoverOptions extends Omit<RecordOptions, "faults" | "events" | "seconds"> {
  readonly kinds: readonly PlacedKind[];
  /** After so long it gives up. */
  readonly seconds: number;
  /** What becomes of each recording. */
  readonly recorded?: (history: History) => void;
}

/** A place at which no call was lost, and how none was. */
export interface NotCovered {
  readonly kind: PlacedKind;
  readonly label: string;
}

/** Calls of one recording: a new one begins with a storage that holds nothing. */
const EVENTS = 1_500;
/** So that failed jobs are carried forward. */
const LONG = { failedFloor: 40 };

/** Those that are left in the end. */
export async function coverFaults(options: CoverOptions): Promise<readonly NotCovered[]> {
  const { kinds, seconds, seed, recorded, ...others } = options;
  const end = Date.now() + seconds * 1000;
  const places = new Places();
  const rates: FaultRates = Object.fromEntries(kinds.map((kind) => [kind, 1]));
  const left = (): NotCovered[] =>
    kinds.flatMap((kind) => places.left(kind).map((label) => ({ kind, label })));
  for (let round = 0; left().length > 0 && Date.now() < end; round++) {
    const faults = new Faults({ rates, dice: newDice(~(seed + round)), places, onlyLeft: true });
    const ends = { events: EVENTS, seconds: (end - Date.now()) / 1000 };
    const history = await recordWith(faults, {
      limits: LONG,
      ...others,
      ...ends,
      seed: seed + round,
    });
    recorded?.(history);
  }
  return left();
}
