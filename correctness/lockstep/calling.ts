/** How a call is made, with what another session does meanwhile. */

import { UserError } from "../../src/errors.js";
import { requalify } from "../../src/postgres/requalify.js";
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

/** The rows that a call returns, all its statements together. */
export async function rowsOf(
  sessions: Sessions,
  statements: readonly Statement[],
  by: OtherCall | null,
): Promise<readonly Row[]> {
  const { client, bystander, schema } = sessions;
  const before = by?.idle ? await lastLocks(sessions) : null;
  const busy = by?.busy;
  if (busy !== undefined) await bystander.send(requalify(busy, schema));
  const all: Row[] = [];
  for (const [i, { text, values }] of statements.entries()) {
    const { rows } = await client
      .query<Row>(text, [...values])
      .finally(() => (busy !== undefined && i === 0 ? bystander.end("rollback") : undefined));
    const portion = by?.portions?.[i] ?? rows.length;
    if (rows.length !== portion) throw new Error(`it returns ${rows.length} rows, not ${portion}`);
    all.push(...rows);
  }
  if (before !== null && (await lastLocks(sessions)) !== before)
    throw new Error("it locks the claim head of a lane in which no job waits");
  return all;
}

/** What Postgres said instead of an answer; that there is no Postgres is an error of the user's. */
export function describe(error: unknown): string {
  if (error instanceof UserError) throw error;
  return errorText(error as Error);
}
