/** Jobs that must be judged together: unique keys couple them, of whatever lane they are. */

import type { Job, Lane } from "../../src/memory/index.js";
import type { Event, History } from "./history.js";
import { partsOf, type Part } from "./parts.js";

export interface Group {
  /** What the events say of its jobs. */
  readonly parts: readonly Part[];
  /** The lanes in which its jobs may ever have been. */
  readonly lanes: ReadonlySet<Lane>;
}

/** By their first events; and the events that name no job. */
export interface Grouped {
  readonly groups: readonly Group[];
  readonly jobless: readonly Event[];
}

/** Sets of names that grow together. */
class Unions {
  readonly #parents = new Map<string, string>();

  rootOf(name: string): string {
    let root = name;
    for (let up = this.#parents.get(root); up !== undefined; up = this.#parents.get(root))
      root = up;
    for (let at = name; at !== root;) {
      const up = this.#parents.get(at)!;
      this.#parents.set(at, root);
      at = up;
    }
    return root;
  }

  unite(a: string, b: string): void {
    const [x, y] = [this.rootOf(a), this.rootOf(b)];
    if (x !== y) this.#parents.set(x, y);
  }
}

function numbering(events: readonly Event[]): (job: Job) => number {
  const unions = new Unions();
  for (const { action, args } of events)
    if (action === "Enqueue")
      args.keys?.forEach((key, i) => {
        const job = args.batch[i];
        if (key !== null && job !== undefined) unions.unite(`job ${job}`, `key ${key}`);
      });
  const numbers = new Map<string, number>();
  return (job) => {
    const root = unions.rootOf(`job ${job}`);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  };
}

/** The lanes in which each job may ever have been. */
export function lanesOf({ events }: History): (job: Job) => ReadonlySet<Lane> {
  const lanes = new Map<Job, Set<Lane>>();
  const add = (job: Job, lane: Lane) => {
    const known = lanes.get(job);
    if (known) known.add(lane);
    else lanes.set(job, new Set([lane]));
  };
  for (const { action, args } of events) {
    if (action === "Enqueue") for (const job of args.batch) add(job, args.lane);
    if (action === "MoveReady") add(args.job, args.lane);
  }
  const nowhere: ReadonlySet<Lane> = new Set();
  return (job) => lanes.get(job) ?? nowhere;
}

export function grouped({ events }: History, lanes: ReturnType<typeof lanesOf>): Grouped {
  const numberOf = numbering(events);
  const groups = new Map<number, { parts: Part[]; lanes: Set<Lane> }>();
  const jobless: Event[] = [];
  for (const event of events) {
    const parts = partsOf(event, numberOf);
    if (parts.size === 0 && event.outcome !== null) jobless.push(event);
    for (const [number, some] of parts) {
      const group = groups.get(number) ?? { parts: [], lanes: new Set() };
      groups.set(number, group);
      for (const part of some) {
        group.parts.push(part);
        for (const job of part.jobs) for (const lane of lanes(job)) group.lanes.add(lane);
      }
    }
  }
  return { groups: [...groups.values()], jobless };
}
