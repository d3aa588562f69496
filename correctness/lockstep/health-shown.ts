/** What Postgres shows of its health, as lines of text; the words of these lines. */

import type { Slot } from "../../src/core/index.js";
import { laneOf, type Binding } from "../../src/postgres/binding.js";
import { hours } from "../conform/snapshot.js";

export type Pin = readonly [pin: string, what: string, remedy: string];

export const pinText = (ring: string, slot: Slot, ...[pin, what, remedy]: Pin): string =>
  `${ring} slot ${slot} ${pin}: ${what}; ${remedy}`;

export const countText = (queue: string, state: string, jobs: number): string =>
  `${queue} has ${jobs} ${state}`;

export const metricText = (queue: string, backlog: number, deferred: number, dead: number) =>
  `${queue} has a backlog of ${backlog}, ${deferred} deferred, ${dead} dead`;

export const ringText = (ring: string, slots: number, current: Slot, used: number): string =>
  `the ${ring} ring is in slot ${current} of ${slots}, ${used} in use`;

export const sinceText = (lane: string, tick: number): string => `${lane} waits since tick ${tick}`;

type All<F extends (...of: never[]) => string> = readonly Parameters<F>[] | null;

/** As `health()` of lockstep.sql says it: pins in the order in which they come. */
export interface Shown {
  readonly pins: All<typeof pinText>;
  readonly counts: All<typeof countText>;
  readonly metrics: All<typeof metricText>;
  readonly rings: All<typeof ringText>;
  readonly since: readonly (readonly [laneId: number, hours: number])[] | null;
}

export function shownLines(row: Shown, b: Binding): readonly string[] {
  const since = (row.since ?? []).map(([id, at]) => sinceText(laneOf(b, id), at - hours(0)));
  const figures = [
    ...(row.counts ?? []).map((of) => countText(...of)),
    ...(row.metrics ?? []).map((of) => metricText(...of)),
    ...(row.rings ?? []).map((of) => ringText(...of)),
    ...since,
  ];
  return [...(row.pins ?? []).map((of) => pinText(...of)), ...figures.sort()];
}
