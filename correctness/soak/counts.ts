/** How many jobs have ended in which way, as Postgres counts them, against the ledger. */

import type { Queryable } from "../../src/postgres/caller.js";
import type { Ledger } from "./ledger.js";
import { factual, type Place } from "./moves.js";

type Fact = (typeof factual)[number];

/** Facts that are there, and those that were there until their slot was pruned. */
const counted = (schema: string): string => `
  select state, sum(jobs)::float8 as jobs
  from (
    select state, jobs from "${schema}".terminal_counts
    union all
    select state, jobs from "${schema}".queue_terminal_rollups) c
  group by state`;

/** What must have been counted, and what may have been. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

export async function compareCounts(
  client: Queryable,
  schema: string,
  ledger: Ledger,
  unclear: readonly (readonly Place[])[],
): Promise<void> {
  const before = { entered: { ...ledger.entered }, left: { ...ledger.left } };
  const { rows } = await client.query<{ state: string; jobs: number }>(counted(schema));
  for (const state of factual) {
    const found = rows.find((row) => row.state === state)?.jobs ?? 0;
    const { least, most } = boundsOf(state, ledger, before, unclear);
    if (found >= least && found <= most) continue;
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    ledger.wrong("facts", `Postgres counts ${found} ${state} jobs, and it should be ${wanted}`);
  }
}

/** Between the two looks at the ledger; what is not known yet may count, or not. */
function boundsOf(
  state: Fact,
  { entered, left, jobs }: Ledger,
  before: Pick<Ledger, "entered" | "left">,
  unclear: readonly (readonly Place[])[],
): Bounds {
  let [coming, going] = [0, 0];
  for (const { open } of jobs.values()) {
    const some = open.filter((o) => !o.taken).map(({ move }) => move);
    if (some.some(({ to }) => to === state)) coming++;
    if (some.some(({ from, to }) => from.includes(state) && to !== state)) going++;
  }
  const perhaps = unclear.filter((some) => some.includes(state)).length;
  return {
    least: before.entered[state] - left[state] - going,
    most: entered[state] - before.left[state] + coming + perhaps,
  };
}
