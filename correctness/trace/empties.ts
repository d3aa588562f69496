/**
 * Claims that came back empty: no job of the lane was ready at some moment of theirs. One that may
 * have met somebody at the lane's claim head is excused, for it is turned away rather than wait.
 */

import type { Job, Lane } from "../../src/memory/index.js";
import type { Event, History } from "./history.js";
import { endOf, type Step } from "./order.js";
import { countBelow } from "./sorted.js";

/** The first unexcused empty claim on the lane that began and ended between these moments. */
export type EmptyBetween = (lane: Lane, after: number, before: number) => Event | undefined;

interface Heads {
  readonly holders: Event[];
  readonly empties: Event[];
}

/**
 * Claims, and calls in the way of claims, hold the claim head of the lane; a call of which nobody
 * heard again until it was gone, or for as long as it lingers after its beginning.
 */
export function emptyClaims(
  { events }: History,
  lanesOf: (job: Job) => Iterable<Lane>,
  lingers: number,
): EmptyBetween {
  const lanes = new Map<Lane, Heads>();
  const at = (lane: Lane): Heads => {
    const heads = lanes.get(lane) ?? { holders: [], empties: [] };
    lanes.set(lane, heads);
    return heads;
  };
  for (const event of events) {
    const { action, args, outcome } = event;
    if (action === "Claim" || action === "AdvanceClaimCursor") at(args.lane).holders.push(event);
    if (action === "Claim" && outcome?.result === "empty") at(args.lane).empties.push(event);
    if (action === "MoveReady" || action === "CancelReady")
      for (const lane of lanesOf(args.job)) at(lane).holders.push(event);
  }
  const unexcused = new Map([...lanes].map(([lane, heads]) => [lane, alone(heads, lingers)]));
  return (lane, after, before) => {
    const { claims, calls } = unexcused.get(lane) ?? { claims: [], calls: [] };
    const first = claims[countBelow(calls, after, "at too")];
    return first && first.return! < before ? first : undefined;
  };
}

/** The empty claims that no other holder of the head overlaps, so that they do not overlap. */
function alone({ holders, empties }: Heads, lingers: number) {
  const calls = holders.map(({ call }) => call).sort((a, b) => a - b);
  const ends = holders.map((h) => h.return ?? h.gone ?? h.call + lingers).sort((a, b) => a - b);
  const claims = empties.filter(
    ({ call, return: end }) =>
      countBelow(calls, end!, "at too") - countBelow(ends, call, "below") === 1,
  );
  return { claims, calls: claims.map(({ call }) => call) };
}

/** A job that was certainly ready in a lane all through the time between two moments. */
export interface Ready {
  readonly job: Job;
  readonly lane: Lane;
  readonly after: number;
  readonly before: number;
}

/** Where this order of calls leaves jobs ready, wherever in its interval each call took effect. */
export function readyTimes(steps: readonly Step[]): readonly Ready[] {
  const latest: number[] = [];
  for (let i = steps.length - 1, end = Infinity; i >= 0; i--) {
    const { part } = steps[i]!;
    latest[i] = end = Math.min(end, part ? endOf(part) : Infinity);
  }
  const times: Ready[] = [];
  const since = new Map<Job, { lane: Lane; after: number }>();
  let earliest = -Infinity;
  for (const [i, { part, state }] of steps.entries()) {
    earliest = Math.max(earliest, part?.event.call ?? -Infinity);
    for (const [job, { lane, after }] of since) {
      const is = state.jobs.get(job);
      if (is?.state === "ready" && is.lane === lane) continue;
      since.delete(job);
      times.push({ job, lane, after, before: earliest });
    }
    for (const [job, is] of state.jobs)
      if (is.state === "ready" && !since.has(job))
        since.set(job, { lane: is.lane, after: latest[i]! });
  }
  for (const [job, { lane, after }] of since) times.push({ job, lane, after, before: Infinity });
  return times;
}
