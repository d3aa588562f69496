/** Copies of the queue of one-table.ts with something wrong in each. */

import { attemptsOf, oneTable } from "../../correctness/examples/one-table.js";
import type {
  CallOf,
  Situation,
  StorageUnderTest,
  Token,
} from "../../correctness/adapter/index.js";

type Operations = StorageUnderTest["operations"];

const wrong = (name: string, operations: Operations): StorageUnderTest => ({
  ...oneTable,
  name,
  operations: { ...oneTable.operations, ...operations },
});

type Completing = CallOf<"Complete">;

/** A completion that goes from token to token. */
const completing = (one: (call: Completing, token: Token) => Promise<boolean>): Operations => ({
  Complete: async (call) => {
    const each = [];
    for (const token of call.args.tokens)
      each.push((await one(call, token)) ? ("completed" as const) : ("stale" as const));
    return each.length > 0 ? { result: "answered", each } : { result: "empty" };
  },
});

const done = "update {jobs} set state = 'completed' where name = $1 and state = 'running'";

/** A completion looks for the job, whatever attempt of it runs. */
export const unfenced = wrong(
  "a completion of any attempt",
  completing(
    async (call, { job }) =>
      (await attemptsOf(call, `${done} returning name, lease`, job)).length > 0,
  ),
);

/** A claim hands out what is not due yet. */
export const early = wrong("a claim of jobs that are not due", {
  Claim: (call) => oneTable.operations.Claim!({ ...call, now: call.after(1) }),
});

/** A rescue deletes the jobs that it takes back. */
export const lossy = wrong("a rescue that drops the job", {
  RescueStaleReceipts: async (call) => {
    const rescued = await oneTable.operations.RescueStaleReceipts!(call);
    await attemptsOf(call, "delete from {jobs} where lease > 0 and state = 'ready'");
    return rescued;
  },
});

/** A completion that is late tells its worker that it was in time. */
export const flattering = wrong("a completion that always succeeds", {
  Complete: async (call) => {
    const { each = [], ...told } = await oneTable.operations.Complete!(call);
    return each.length > 0 ? { ...told, each: each.map(() => "completed" as const) } : told;
  },
});

/** A refusal that leaves something behind, which only the next call shows. */
export const untidy = wrong("a heartbeat in vain that takes the job back", {
  Heartbeat: async (call) => {
    const told = await oneTable.operations.Heartbeat!(call);
    if (told.result === "stale")
      await attemptsOf(call, "update {jobs} set state = 'ready' where state = 'running'");
    return told;
  },
});

/** Reads in one query and writes in the next, without a lock. */
export const checkThenAct = wrong(
  "a completion that looks first",
  completing(async (call, { job, lease }) => {
    const look = "select name, lease from {jobs} where name = $1 and state = 'running'";
    const [running] = await attemptsOf(call, look, job);
    if (running?.lease !== lease) return false;
    await attemptsOf(call, "update {jobs} set state = 'completed' where name = $1", job);
    return true;
  }),
);

/** Both of them lock the same two things, in two orders. */
const locking =
  <C extends Situation, O>(first: number, second: number, operation: (call: C) => Promise<O>) =>
  async (call: C): Promise<O> => {
    await call.client.query("begin");
    await call.client.query("select pg_advisory_xact_lock($1)", [first]);
    await call.client.query("select pg_advisory_xact_lock($1)", [second]);
    try {
      return await operation(call);
    } finally {
      await call.client.query("commit");
    }
  };

export const crossed = wrong("locks in two orders", {
  Complete: locking(1, 2, oneTable.operations.Complete!),
  Fail: locking(2, 1, oneTable.operations.Fail!),
});
