/**
 * Whether a history is a behaviour of the queue contract. Every job is judged by itself, or with
 * those that share a unique key: its calls must have an order in which each takes effect inside
 * its interval and the contract allows every answer. Left out, because it couples all jobs: that
 * the answers of one call hold at one moment for all the jobs it names, and that an unknown call
 * hands out no more jobs than it may.
 */

import { allows, initial, view, type Job, type Place } from "../../src/memory/index.js";
import { emptyClaims, readyTimes, type EmptyBetween } from "./empties.js";
import { grouped, lanesOf, type Group } from "./groups.js";
import type { Event, History } from "./history.js";
import { endOf, type Order, type Step, type Unexplained, type World } from "./order.js";
import { whole, type Part } from "./parts.js";
import { linearize } from "./search.js";
import { countBelow } from "./sorted.js";
import { unheardIn, type Unheard } from "./unheard.js";

/** Something that happened to the jobs, and where they were after it. */
export interface Explained {
  /** Null where a job that was over was forgotten. */
  readonly event: Event | null;
  readonly then: ReadonlyMap<Job, Place>;
}

/** A job whose calls have no order that the contract allows. */
export interface Breach {
  /** Null where the answer is wrong whatever the jobs are. */
  readonly job: Job | null;
  /** The shortest beginning of its history that cannot be explained, by the ends of the calls. */
  readonly events: readonly Event[];
  /** What the contract says of the call that does not fit behind the nearest explanation. */
  readonly why: string;
  readonly misfit: Event;
  /** The first of the longest orders that the contract allows. */
  readonly nearest: readonly Explained[];
}

/**
 * The first job whose history the contract does not allow. `lingers` is how long after its
 * beginning a call that nobody heard of again may still turn away claims, in the unit of the
 * history; what it did itself may always come later.
 */
export function checkContract(history: History, lingers = Infinity): Breach | null {
  const lanes = lanesOf(history);
  const { groups, jobless } = grouped(history, lanes);
  const { limits } = history.header;
  for (const event of jobless) {
    const { operation, outcome } = whole(event, []);
    const verdict = allows(initial(limits), operation, outcome!);
    if (!verdict.ok)
      return { job: null, events: [event], why: verdict.why, misfit: event, nearest: [] };
  }
  const court: Court = {
    world: { limits, latestTick: clock(history) },
    emptyBetween: emptyClaims(history, lanes, lingers),
    unheard: unheardIn(history),
  };
  for (const group of groups) {
    const breach = judge(group, court);
    if (breach) return breach;
  }
  return null;
}

interface Court {
  readonly world: World;
  readonly emptyBetween: EmptyBetween;
  readonly unheard: Unheard;
}

/** The latest tick of any clock in a call that had begun by then. */
function clock({ events }: History): World["latestTick"] {
  const calls = events.map(({ call }) => call);
  const latest: number[] = [];
  for (const { tick } of events) latest.push(Math.max(tick, latest.at(-1) ?? 0));
  return (time) => latest[countBelow(calls, time, "at too") - 1] ?? 0;
}

/** Empty claims that find their jobs ready in the order of the others must have a place in it. */
function judge({ parts, lanes }: Group, { world, emptyBetween, unheard }: Court): Breach | null {
  const definite = parts.filter(({ outcome }) => outcome).sort((a, b) => endOf(a) - endOf(b));
  const unknown = parts.filter(({ outcome }) => !outcome);
  for (;;) {
    let optional: readonly Part[] = unknown;
    let order = linearize(definite, optional, world);
    if (!order.complete) {
      const more = unheard({ parts: [...definite, ...unknown], lanes });
      optional = [...unknown, ...more];
      if (more.length > 0) order = linearize(definite, optional, world);
    }
    if (!order.complete) return shortest(definite, optional, world, order);
    const empty = vanished(order.steps, emptyBetween).filter(
      ({ event }) => !definite.some((part) => part.event === event),
    );
    if (empty.length === 0) return null;
    definite.push(...empty);
    definite.sort((a, b) => endOf(a) - endOf(b));
  }
}

/** Empty claims all through which a job was ready. */
const vanished = (steps: readonly Step[], emptyBetween: EmptyBetween): readonly Part[] =>
  readyTimes(steps).flatMap(({ job, lane, after, before }) => {
    const event = emptyBetween(lane, after, before);
    return event ? [whole(event, [job])] : [];
  });

/** Calls that had not ended by then may have taken effect or not. */
function shortest(
  definite: readonly Part[],
  optional: readonly Part[],
  world: World,
  last: Unexplained,
): Breach {
  const upTo = (count: number): Order => {
    const end = endOf(definite[count - 1]!);
    const begun = definite.slice(count).filter(({ event }) => event.call <= end);
    return linearize(definite.slice(0, count), [...optional, ...begun], world);
  };
  let order = last;
  let [explained, count] = [0, definite.length];
  while (explained + 1 < count) {
    const middle = (explained + count) >> 1;
    const some = upTo(middle);
    if (some.complete) explained = middle;
    else [order, count] = [some, middle];
  }
  const { part, why } = order.misfit;
  return {
    job: part.jobs[0]!,
    events: definite.slice(0, count).map(({ event }) => event),
    why,
    misfit: part.event,
    nearest: order.steps.map(({ part: step, state }) => ({
      event: step?.event ?? null,
      then: view(state),
    })),
  };
}
