/** A pass of rescue over the claim ring: budget, windows and cursors. Part of RescueCursor.tla. */

export interface RescueConstants {
  readonly Receipts: readonly number[];
  readonly Long: readonly number[];
  readonly Slots: number;
  readonly Pass: "stale" | "deadline";
  readonly DueAfter: readonly number[];
  readonly Window: number;
  readonly Budget: number;
}

/** A place in the order of a pass: claimed_at or deadline_at, then the number. */
export interface CursorKey {
  /** Ticks that are left; below one only the order counts. */
  readonly due: number;
  readonly id: number;
}

export interface DueReceipt extends CursorKey {
  readonly slot: number;
  readonly state: "open" | "leased" | "finished" | "rescued" | "deadline_expired";
}

/** The key last passed, or none. */
export type Cursor = readonly CursorKey[];

export interface RescueState {
  readonly current: number;
  readonly receipts: readonly DueReceipt[];
  /** By slot. */
  readonly cursors: Readonly<Record<string, Cursor>>;
}

export const open = (r: DueReceipt): boolean => r.state === "open";
export const closed = (r: DueReceipt): boolean => !open(r) && r.state !== "leased";
const isDue = (r: DueReceipt): boolean => r.due <= 0;
export const rescuable = (r: DueReceipt): boolean => open(r) && isDue(r);
export const outcomeOf = ({ Pass }: RescueConstants): DueReceipt["state"] =>
  Pass === "stale" ? "rescued" : "deadline_expired";
export const inSlot = (rows: readonly DueReceipt[], slot: number) =>
  rows.filter((r) => r.slot === slot);

const compare = (k: CursorKey, m: CursorKey): number => k.due - m.due || k.id - m.id;

/** Cyclic: what lies behind the cursor comes last. */
export function compareFrom(cursor: Cursor, k: CursorKey, m: CursorKey): number {
  const behind = (key: CursorKey) => cursor.some((c) => compare(c, key) >= 0);
  return Number(behind(k)) - Number(behind(m)) || compare(k, m);
}

/** What a cursor stops before, unless it was closed just now. */
const stops = (r: DueReceipt, { Pass }: RescueConstants): boolean =>
  open(r) && (isDue(r) || Pass === "deadline");

export const oldest = ({ current }: RescueState, { Slots }: RescueConstants): number =>
  (current + 1) % Slots;

/** One slot of a pass: what it closes within the rest of the budget, and where the cursor ends. */
function visit(rows: readonly DueReceipt[], cursor: Cursor, budget: number, c: RescueConstants) {
  const window = rows.toSorted((r, q) => compareFrom(cursor, r, q)).slice(0, c.Window);
  const closes = window.filter(rescuable).slice(0, budget);
  const stop = window.findIndex((r) => stops(r, c) && !closes.includes(r));
  const passed = stop < 0 ? window : window.slice(0, stop);
  const last = passed.at(-1);
  if (!last || cursor.some((k) => compare(k, last) === 0)) return { closes, cursor };
  return { closes, cursor: [{ due: last.due, id: last.id }] };
}

/** From the oldest slot on, so that the current one, which gets new receipts, comes last. */
export function visited(state: RescueState, constants: RescueConstants) {
  const { Slots, Budget } = constants;
  const closes: DueReceipt[] = [];
  const cursors: Record<string, Cursor> = { ...state.cursors };
  for (let n = 0; n < Slots && closes.length < Budget; n++) {
    const slot = (oldest(state, constants) + n) % Slots;
    const rows = inSlot(state.receipts, slot);
    const done = visit(rows, cursors[slot]!, Budget - closes.length, constants);
    closes.push(...done.closes);
    cursors[slot] = done.cursor;
  }
  return { closes, cursors };
}
