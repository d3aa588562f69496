/** What health shows, asked of Postgres, as lines of text; the words of these lines. */

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

/** With the cutoff and the time; pins in the order in which they come. */
export const healthQuery = (schema: string): string => `
  select
    (select jsonb_agg(jsonb_build_array(ring, slot, pin, what, remedy) order by place)
     from "${schema}".ring_health($1, $2)
       with ordinality as h (ring, slot, pin, what, remedy, place)) as pins,
    (select jsonb_agg(jsonb_build_array(queue, state, jobs))
     from "${schema}".queue_counts) as counts,
    (select jsonb_agg(jsonb_build_array(queue, backlog, deferred, dead))
     from "${schema}".queue_metrics) as metrics,
    (select jsonb_agg(jsonb_build_array(ring, slot_count, current_slot, slots_in_use))
     from "${schema}".ring_metrics) as rings,
    (select jsonb_agg(jsonb_build_array(lane_id, "${schema}".ticks(since)))
     from "${schema}".lanes
     cross join lateral "${schema}".waiting_since(lane_id) as w (since)
     where since is not null) as since`;

type All<F extends (...of: never[]) => string> = readonly Parameters<F>[] | null;

export interface HealthRow {
  readonly pins: All<typeof pinText>;
  readonly counts: All<typeof countText>;
  readonly metrics: All<typeof metricText>;
  readonly rings: All<typeof ringText>;
  readonly since: readonly (readonly [laneId: number, hours: number])[] | null;
}

export function shownLines(row: HealthRow, b: Binding): readonly string[] {
  const since = (row.since ?? []).map(([id, at]) => sinceText(laneOf(b, id), at - hours(0)));
  const figures = [
    ...(row.counts ?? []).map((of) => countText(...of)),
    ...(row.metrics ?? []).map((of) => metricText(...of)),
    ...(row.rings ?? []).map((of) => ringText(...of)),
    ...since,
  ];
  return [...(row.pins ?? []).map((of) => pinText(...of)), ...figures.sort()];
}
