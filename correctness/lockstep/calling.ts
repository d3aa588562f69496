/** How a call is made while another session claims from a lane, and where no lane has a job. */

import { UserError } from "../../src/errors.js";
import type { Binding } from "../../src/postgres/binding.js";
import type { Statement } from "../../src/postgres/statements.js";
import type { Row } from "../../src/postgres/twin.js";
import { errorText } from "../conform/divergence.js";
import type { OtherCall } from "./other-call.js";
import type { Sessions } from "./lanes.js";

/** Every lock of a row leaves its transaction there. */
async function lastLocks({ client, schema }: Sessions): Promise<string> {
  const text = `select string_agg(xmax::text, ' ' order by lane_id) as locks
                from "${schema}".lane_claim_heads`;
  return (await client.query<{ locks: string }>(text)).rows[0]!.locks;
}

/** The rows that a call returns. */
export async function rowsOf(
  sessions: Sessions,
  { text, values }: Statement,
  { laneIds }: Binding,
  by: OtherCall | null,
): Promise<readonly Row[]> {
  const { client, bystander, schema } = sessions;
  const call = async () => (await client.query<Row>(text, [...values])).rows;
  if (by?.busy !== undefined) {
    const lane = laneIds.get(by.busy);
    const heads = `"${schema}".lane_claim_heads`;
    await bystander.send(`select from ${heads} where lane_id = ${lane} for update`);
    return call().finally(() => bystander.end("rollback"));
  }
  if (!by?.idle) return call();
  const before = await lastLocks(sessions);
  const rows = await call();
  if ((await lastLocks(sessions)) === before) return rows;
  throw new Error("it locks the claim head of a lane in which no job waits");
}

/** What Postgres said instead of an answer; that there is no Postgres is an error of the user's. */
export function describe(error: unknown): string {
  if (error instanceof UserError) throw error;
  return errorText(error as Error);
}
