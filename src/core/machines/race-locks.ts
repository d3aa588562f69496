/** State of the race, and what its locks, its snapshots and its ring say. */

export interface RaceConstants {
  readonly Claims: readonly string[];
  readonly Passes: readonly string[];
  readonly Slots: number;
  readonly Turns: number;
}

/** Where a transaction is: its last statement, and what that found. */
export interface Stage {
  readonly at: string;
  readonly slot: number;
  readonly gen: number;
}

export interface Lock {
  readonly owner: string;
  readonly slot: number;
  readonly mode: string;
}

interface Receipt {
  readonly slot: number;
  readonly claim: string;
  readonly gen: number;
}

export interface RaceState {
  readonly generation: number;
  readonly claims: Readonly<Record<string, Stage>>;
  readonly passes: Readonly<Record<string, Stage>>;
  readonly locks: readonly Lock[];
  /** Rows of the slots, committed or not. */
  readonly receipts: readonly Receipt[];
}

export const current = ({ generation }: RaceState, { Slots }: RaceConstants): number =>
  generation % Slots;

export const oldest = ({ generation }: RaceState, { Slots }: RaceConstants): number =>
  (generation - Math.min(generation, Slots - 1)) % Slots;

/** The last generation of the ring in which this slot was the current one. */
export const slotGeneration = (
  { generation }: RaceState,
  slot: number,
  { Slots }: RaceConstants,
): number => generation - ((((generation - slot) % Slots) + Slots) % Slots);

/** What Postgres says of the four modes in use; nothing else conflicts. */
const conflict = (mode: string, other: string): boolean =>
  [mode, other].includes("access exclusive") ||
  (mode === "share" && other === "row exclusive") ||
  (mode === "row exclusive" && other === "share");

const waiting = (stages: Readonly<Record<string, Stage>>, mode: string): readonly Lock[] =>
  Object.entries(stages)
    .filter(([, { at }]) => at === "waiting")
    .map(([owner, { slot }]) => ({ owner, slot, mode }));

export const bars = (rows: readonly Lock[], lock: Lock): boolean =>
  rows.some((r) => r.owner !== lock.owner && r.slot === lock.slot && conflict(r.mode, lock.mode));

/** Requests in the lock queue bar later ones as locks do. */
export const free = ({ locks, claims, passes }: RaceState, lock: Lock): boolean =>
  ![locks, waiting(claims, "row exclusive"), waiting(passes, "access exclusive")].some((rows) =>
    bars(rows, lock),
  );

export const released = ({ locks }: RaceState, who: string): readonly Lock[] =>
  locks.filter((l) => l.owner !== who);

/** Rows of transactions that have committed: nobody sees the others. */
export const visible = ({ receipts, claims }: RaceState, slot: number): readonly Receipt[] =>
  receipts.filter(
    (r) => r.slot === slot && ["committed", "finished"].includes(claims[r.claim]!.at),
  );

export const open = (state: RaceState, slot: number): readonly Receipt[] =>
  visible(state, slot).filter((r) => state.claims[r.claim]!.at === "committed");
