/**
 * A queue in one table, as many have one: FOR UPDATE SKIP LOCKED to claim, and an UPDATE for
 * whatever else happens to a job. It shows how to put a queue of your own under the checks.
 */

import type {
  ArgsOf,
  CallOf,
  JobShown,
  Place,
  Situation,
  StorageUnderTest,
} from "ringproof/adapter";

async function install({ client, schema }: Place): Promise<void> {
  await client.query(`
    create table ${schema}.jobs (
      id bigint generated always as identity primary key,
      name text not null unique,
      lane text not null,
      unique_key text,
      state text not null default 'ready',
      lease int not null default 0,
      due_at timestamptz, -- null: at once
      heard_at timestamptz
    );
    create unique index on ${schema}.jobs (unique_key) where state in ('ready', 'running');
    create index on ${schema}.jobs (lane, id) where state = 'ready'`);
}

interface Attempt {
  readonly name: string;
  readonly lease: number;
}

const tokensOf = (attempts: readonly Attempt[]) =>
  attempts.map(({ name, lease }) => ({ job: name, lease }));

/** The jobs that a statement returns; in its text, {jobs} is the table. */
export async function attemptsOf<Row = Attempt>(
  { client, schema }: Situation,
  text: string,
  ...values: unknown[]
): Promise<Row[]> {
  const result = await client.query(text.replaceAll("{jobs}", `${schema}.jobs`), values);
  return result.rows as Row[];
}

/** In the order of their keys, so that two batches never wait for each other. */
const ENQUEUE = `
  insert into {jobs} (name, lane, unique_key, due_at)
  select name, $1, key, $2 from unnest($3::text[], $4::text[]) as batch (name, key)
  order by key
  on conflict do nothing
  returning name, lease`;

async function enqueue(call: CallOf<"Enqueue">) {
  const { lane, batch, keys, wait } = call.args;
  if (batch.length === 0) return { result: "empty" } as const;
  const keyed = batch.map((_, i) => keys?.[i] ?? null);
  const due = wait > 0 ? call.after(wait) : null;
  const added = await attemptsOf(call, ENQUEUE, lane, due, batch, keyed);
  const jobs = batch.filter((job) => added.some(({ name }) => name === job));
  if (jobs.length === 0) return { result: "uniqueConflict" } as const;
  return { result: "enqueued", jobs } as const;
}

const CLAIM = `
  with next as materialized (
    select id from {jobs}
    where lane = $1 and state = 'ready' and (due_at is null or due_at <= $2)
    order by id
    limit $3
    for update skip locked
  )
  update {jobs} as job
  set state = 'running', lease = lease + 1, heard_at = $2, due_at = null
  from next where job.id = next.id
  returning name, lease`;

/** What a claim says that found these. */
export function claimed(attempts: readonly Attempt[]) {
  if (attempts.length === 0) return { result: "empty" } as const;
  return { result: "claimed", tokens: tokensOf(attempts) } as const;
}

const claim = async (call: CallOf<"Claim">) =>
  claimed(await attemptsOf(call, CLAIM, call.args.lane, call.now, call.args.n));

/** Rows of several attempts are locked in the order of their ids. */
const COMPLETE = `
  with mine as materialized (
    select id from {jobs}
    where (name, lease) in (select * from unnest($1::text[], $2::int[])) and state = 'running'
    order by id
    for update
  )
  update {jobs} as job set state = 'completed'
  from mine where job.id = mine.id
  returning name, lease`;

/** Of a token that is there twice, the second one comes too late. */
export function answered({ tokens }: ArgsOf<"Complete">, done: readonly Attempt[]) {
  const left = new Set(done.map(({ name, lease }) => `${name}/${lease}`));
  const each = tokens.map(({ job, lease }) => {
    return left.delete(`${job}/${lease}`) ? ("completed" as const) : ("stale" as const);
  });
  return { result: "answered", each } as const;
}

async function complete(call: CallOf<"Complete">) {
  const { tokens } = call.args;
  if (tokens.length === 0) return { result: "empty" } as const;
  const names = tokens.map(({ job }) => job);
  const leases = tokens.map(({ lease }) => lease);
  return answered(call.args, await attemptsOf(call, COMPLETE, names, leases));
}

/** Changes a job if the token is that of its running attempt; $3 is a point in time. */
async function ofToken(call: CallOf<"Fail">, change: string, time: Date): Promise<boolean> {
  const { job, lease } = call.args.token;
  const text = `update {jobs} set ${change}
                where name = $1 and lease = $2 and state = 'running' returning name, lease`;
  return (await attemptsOf(call, text, job, lease, time)).length > 0;
}

/** Changes a job if it is in such a state. */
async function ofJob(call: CallOf<"PurgeDlq">, change: string, ...more: Date[]): Promise<boolean> {
  const text = `${change} and name = $1 returning name, lease`;
  return (await attemptsOf(call, text, call.args.job, ...more)).length > 0;
}

const either = <A extends string, B extends string>(done: boolean, yes: A, no: B) => ({
  result: done ? yes : no,
});

const UNIQUE_VIOLATION = "23505";

async function retryFromTerminal(call: CallOf<"RetryFromTerminal">) {
  const change = "update {jobs} set state = 'ready' where state in ('failed', 'cancelled')";
  try {
    return either(await ofJob(call, change), "readmitted", "notRetryable");
  } catch (error) {
    if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
    return { result: "uniqueConflict" } as const;
  }
}

const STALE_AFTER = 2;

/** Who is being completed, or rescued by somebody else, is left alone. */
const RESCUE = `
  with stale as materialized (
    select id from {jobs}
    where state = 'running' and heard_at <= $1
    order by id
    for update skip locked
  )
  update {jobs} as job set state = 'ready'
  from stale where job.id = stale.id
  returning name, lease`;

async function rescue(call: CallOf<"RescueStaleReceipts">) {
  const attempts = await attemptsOf(call, RESCUE, call.after(-STALE_AFTER));
  if (attempts.length === 0) return { result: "noop" } as const;
  return { result: "rescued", tokens: tokensOf(attempts) } as const;
}

const VIEW = `
  select name as job, lease,
         case when state = 'ready' and due_at > $1 then 'deferred' else state end as state
  from {jobs}`;

export const oneTable: StorageUnderTest = {
  name: "one table, SKIP LOCKED",
  limits: { staleAfter: STALE_AFTER, readyWhenDue: true },
  install,
  operations: {
    Enqueue: enqueue,
    Claim: claim,
    Complete: complete,
    RescueStaleReceipts: rescue,
    RetryFromTerminal: retryFromTerminal,
    Heartbeat: async (call) =>
      either(await ofToken(call, "heard_at = $3", call.now), "recorded", "stale"),
    Retry: async (call) => {
      const due = call.after(call.args.wait);
      return either(await ofToken(call, "state = 'ready', due_at = $3", due), "retried", "stale");
    },
    Fail: async (call) =>
      either(await ofToken(call, "state = 'failed', heard_at = $3", call.now), "failed", "stale"),
    CancelReady: async (call) => {
      const change = `update {jobs} set state = 'cancelled', due_at = null
                      where state = 'ready' and (due_at is null or due_at <= $2)`;
      return either(await ofJob(call, change, call.now), "cancelled", "notReady");
    },
    CancelRunning: async (call) => {
      const change = "update {jobs} set state = 'cancelled' where state = 'running'";
      return either(await ofJob(call, change), "cancelled", "notRunning");
    },
    DiscardTerminal: async (call) => {
      const over = "delete from {jobs} where state in ('completed', 'failed', 'cancelled')";
      return either(await ofJob(call, over), "discarded", "notTerminal");
    },
  },
  view: (at) => attemptsOf<JobShown>(at, VIEW, at.now),
};

export default oneTable;
