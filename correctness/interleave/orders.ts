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

/** The value of the sequence. */
export const encode = ({ stop, door, tell = 0 }: Orders): number =>
  (Math.max(tell, 0) * (NO_GATE + 1) + Math.min(Math.max(stop, 1), NO_GATE)) * 2 + door;
