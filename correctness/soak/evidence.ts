/** What is said of a job: by the ledger, by callers, and by the rows that Postgres has of it. */

import type { Queryable } from "../../src/postgres/caller.js";
import type { Job, Said } from "./job.js";

/** Of each table, the rows that name the job, or its place in a lane. */
const rowsOf = (schema: string): string => `
  select 'jobs' as name, to_jsonb(x) as row from "${schema}".jobs x where job_id = $1
  union all
  select 'ready_entries', to_jsonb(x) - 'payload' from "${schema}".ready_entries x
  where job_id = $1
  union all
  select 'ready_tombstones', to_jsonb(t) from "${schema}".ready_entries x
  join "${schema}".ready_tombstones t using (slot, lane_id, lane_seq) where x.job_id = $1
  union all
  select 'attempt_evidence', to_jsonb(e) from "${schema}".ready_entries x
  join "${schema}".attempt_evidence e on e.slot = x.slot and e.lane_id = x.lane_id
    and e.through_seq >= x.lane_seq where x.job_id = $1
  union all
  select 'lease_claims', to_jsonb(x) from "${schema}".lease_claims x where $1 = any (job_ids)
  union all
  select 'lease_claim_closures', to_jsonb(x) from "${schema}".lease_claim_closures x
  where job_id = $1
  union all
  select 'receipt_completion_batches', to_jsonb(x)
  from "${schema}".receipt_completion_batches x where $1 = any (job_ids)
  union all
  select 'receipt_completion_tombstones', to_jsonb(x)
  from "${schema}".receipt_completion_tombstones x where job_id = $1
  union all
  select 'done_entries', to_jsonb(x) from "${schema}".done_entries x where job_id = $1
  union all
  select 'leases', to_jsonb(x) from "${schema}".leases x where job_id = $1
  union all
  select 'attempt_state', to_jsonb(x) from "${schema}".attempt_state x where job_id = $1
  union all
  select 'deferred_jobs', to_jsonb(x) - 'payload' from "${schema}".deferred_jobs x
  where job_id = $1
  union all
  select 'dlq_entries', to_jsonb(x) - 'payload' from "${schema}".dlq_entries x
  where job_id = $1
  limit 40`;

/** Lines for people. */
export async function evidenceOf(
  client: Queryable,
  schema: string,
  job: Job,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; row: object }>(rowsOf(schema), [job.id]);
  return [
    `the ledger: ${toldOf(job)}`,
    ...(rows.length === 0 ? ["Postgres has no row of it"] : []),
    ...rows.map(({ name, row }) => `Postgres: ${name} ${JSON.stringify(row)}`),
    "the last that callers were told of it:",
    ...job.said.map(line),
  ];
}

const toldOf = ({ id, name, place, newest, open, key }: Job): string =>
  [
    `job ${id} (${name}) is ${place}`,
    ...(newest ? [`attempt ${newest.lease} was handed out to ${newest.holder ?? "nobody"}`] : []),
    ...(key === null ? [] : [`it carries the key ${key}`]),
    ...open.map(({ call }) => `nobody knows what became of ${call.action} by ${call.who}`),
  ].join("; ");

const line = ({ at, who, action, lease, answer }: Said): string => {
  const time = new Date(at).toISOString().slice(11, 23);
  const attempt = lease === null ? "" : ` of attempt ${lease}`;
  return `  ${time} ${who}: ${action}${attempt}: ${answer}`;
};
