/**
 * Watches one call: which locks it has taken from each breakpoint to the next, which of them it
 * waits for when somebody else is in the way, and in which order.
 */

import { Holding, type Lock } from "./locks.js";
import { type Report, type Session } from "./session.js";
import type { Site } from "./site.js";

/** From one breakpoint to the next. */
export interface Segment {
  /** Of the breakpoint, or `call` before the first. */
  readonly label: string;
  readonly held: Holding;
  readonly acquired: readonly Lock[];
  readonly released: readonly Lock[];
}

const BEGIN = "call";

/** `claim.lock_lane+` is inside the statement of `claim.lock_lane`. */
export const statementOf = (label: string): string => label.replace(/\+$/, "");

function segment(label: string, before: Holding, after: Holding): Segment {
  const gone = before.beyond(after);
  // A row that cannot be asked for, or that was deleted again, is not given back by that.
  const back = gone.some(({ on }) => !on.includes("#")) ? gone : [];
  return { label, held: before, acquired: after.beyond(before), released: back };
}

/** Somebody who gets in the way of this lock when the call stands before taking it. */
export interface Trap {
  readonly at: number;
  readonly lock: Lock;
}

/** What a call takes, stopped at every breakpoint, with or without somebody in its way. */
export async function observe(
  site: Site,
  session: Session,
  call: string,
  trap?: Trap,
): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  let [label, held] = [BEGIN, new Holding([])];
  try {
    await session.start(call);
    for (;;) {
      const now = await site.holding(session.pid, session.at, trap?.lock.on);
      segments.push(segment(label, held, now));
      [label, held] = [session.at.label, now];
      if (session.ended) break;
      if (trap?.at === segments.length) await site.blockers.hold(trap.lock, held);
      await session.leave();
      await session.next([]);
    }
    if (session.error) throw session.error;
    return segments;
  } finally {
    await session.rollback();
    await site.blockers.letAllGo();
  }
}

/** Relation locks behind each report of a call that nobody stopped, as a text to compare. */
export const outline = (site: Site, reports: readonly Report[]): string =>
  reports
    .map((report) => {
      const { locks } = new Holding(site.locksOf(report));
      const names = locks.map(({ on, mode }) => `${on} ${mode}`).sort();
      return `${report.label}: ${names.join(", ")}`;
    })
    .join("\n");

/** The locks for which a call was made to wait in one segment, and those it went past. */
export interface Met {
  readonly waited: readonly Lock[];
  readonly passed: readonly Lock[];
}

/**
 * The call again, with a session in the way of each of these locks, one segment after the other.
 * It is let on whenever it waits; it goes no further where it passed somebody.
 */
export async function obstruct(
  site: Site,
  session: Session,
  call: string,
  segments: readonly Segment[],
  wanted: (segment: Segment, index: number) => readonly Lock[],
): Promise<readonly Met[]> {
  const met: Met[] = [];
  try {
    await session.start(call);
    for (const [i, one] of segments.entries()) {
      if (i === 0) {
        met.push({ waited: [], passed: [] });
        continue;
      }
      if (session.at.label !== one.label || session.ended)
        throw new Error(`${session.at.label} where ${one.label} was, in ${call}`);
      met.push(await across(site, session, one, wanted(one, i)));
      if (met.at(-1)!.passed.length > 0) break;
    }
    return met;
  } finally {
    await site.blockers.letAllGo();
    await session.rollback();
  }
}

/** From one breakpoint to the next, whoever is in the way. */
async function across(
  { blockers }: Site,
  session: Session,
  { held }: Segment,
  locks: readonly Lock[],
): Promise<Met> {
  const waited: Lock[] = [];
  const byPid = new Map<number, Lock>();
  for (const lock of locks) byPid.set(await blockers.hold(lock, held), lock);
  await session.leave();
  for (;;) {
    const pid = await session.next(blockers.pids);
    if (pid === null) break;
    waited.push(byPid.get(pid)!);
    byPid.delete(pid);
    await blockers.letGo(pid);
  }
  await blockers.letAllGo();
  return { waited, passed: [...byPid.values()] };
}
