/**
 * The queue of one-table.ts, as it is often written first: a claim reads which jobs are ready, and
 * then takes them. Alone it does what it should; two of them hand out one job twice.
 */

import type { CallOf, StorageUnderTest } from "ringproof/adapter";
import { attemptsOf, claimed, oneTable } from "./one-table.js";

const READ = `
  select id from {jobs}
  where lane = $1 and state = 'ready' and (due_at is null or due_at <= $2)
  order by id limit $3`;

const TAKE = `
  update {jobs} set state = 'running', lease = lease + 1, heard_at = $2, due_at = null
  where id = any($1)
  returning name, lease`;

async function claim(call: CallOf<"Claim">) {
  const { lane, n } = call.args;
  const ready = await attemptsOf<{ id: string }>(call, READ, lane, call.now, n);
  return claimed(
    await attemptsOf(
      call,
      TAKE,
      ready.map(({ id }) => id),
      call.now,
    ),
  );
}

export const racyTable: StorageUnderTest = {
  ...oneTable,
  name: "one table, read and then taken",
  operations: { ...oneTable.operations, Claim: claim },
};

export default racyTable;
