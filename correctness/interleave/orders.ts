/** What breakpoint() of breakpoints.sql is told, by a sequence of its session. */

/** The scheduler holds one of a session's two doors, at which it stops, and then the other. */
export type Door = 0 | 1;

export const otherDoor = (door: Door): Door => (door === 0 ? 1 : 0);

/** No call has so many breakpoints. */
export const NO_GATE = 9_999;

export interface Orders {
  /** The first gate at which the session stops. */
  readonly stop: number;
  readonly door: Door;
  /** The first gate at which it tells what it has done so far. */
  readonly tell?: number;
}

/** The orders of a session: its number, and its sequence. */
export interface Ordered {
  readonly number: number;
  readonly sequence: string;
}

/** For a list of SELECT: the session has these orders. */
export function give({ sequence }: Ordered, { stop, door, tell = 0 }: Orders): string {
  const until = Math.min(Math.max(stop, 1), NO_GATE);
  const value = (Math.max(tell, 0) * (NO_GATE + 1) + until) * 2 + door;
  return `setval('${sequence}', ${value})`;
}

/** What the scheduler asks to let a session through the other door than that of its new orders. */
export function letThrough(session: Ordered, orders: Orders): string {
  const { number } = session;
  const { door } = orders;
  return `select pg_advisory_lock(${number}, ${door}), ${give(session, orders)},
                 pg_advisory_unlock(${number}, ${1 - door})`;
}
