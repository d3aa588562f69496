/**
 * The shortest behaviour with a shape: breadth-first search over the product of the core's machine
 * and the shape, in which a job has a number of moments behind it. A step that could be the next
 * moment need not be: both are followed.
 */

import type { Call, Job, Machine, State } from "../../src/core/index.js";
import type { Moment, Taken } from "./moments.js";
import type { Shape } from "./shapes.js";

interface Place {
  readonly state: State;
  readonly job: Job;
  /** How many moments of the shape lie behind. */
  readonly met: number;
  readonly from: Place | null;
  readonly via: Call | null;
}

export interface Found {
  /** The job that the shape is about. */
  readonly job: Job;
  readonly calls: readonly Call[];
  /** Per call, the moment that it is. */
  readonly moments: readonly (Moment | null)[];
}

/** Null where no behaviour within the bounds has the shape. The machine must tell jobs apart. */
export function shortest(
  machine: Machine<State, Call>,
  { moments }: Pick<Shape, "moments">,
  jobs: readonly Job[],
): Found | null {
  const known = new Set<string>();
  const queue: Place[] = [];
  const add = (place: Place) => {
    const key = `${place.met} ${place.job} ${machine.key(place.state)}`;
    if (known.has(key)) return;
    known.add(key);
    queue.push(place);
  };
  for (const job of jobs) add({ state: machine.initial, job, met: 0, from: null, via: null });
  for (const place of queue) {
    if (place.met === moments.length) return found(place, moments);
    for (const next of successors(machine, place, moments[place.met]!)) add(next);
  }
  return null;
}

/** Every step of the machine from here: as the next moment where it is one, and as none. */
function* successors(machine: Machine<State, Call>, from: Place, next: Moment): Generator<Place> {
  const { state: before, job, met } = from;
  for (const via of machine.calls) {
    if (!machine.possible(before, via)) continue;
    const { state, outcome } = machine.step(before, via);
    if (state === before || !machine.inBounds(state)) continue;
    const taken = { args: via.args, outcome, before: before.db, after: state.db } as Taken<never>;
    if (via.action === next.action && next.is(taken, job))
      yield { state, job, met: met + 1, from, via };
    yield { state, job, met, from, via };
  }
}

function found(last: Place, all: readonly Moment[]): Found {
  const calls: Call[] = [];
  const moments: (Moment | null)[] = [];
  for (let at = last; at.from; at = at.from) {
    calls.unshift(at.via!);
    moments.unshift(at.met > at.from.met ? all[at.from.met]! : null);
  }
  return { job: last.job, calls, moments };
}
