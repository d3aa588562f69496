// The encodings under comparison, and the three calls every one of them answers.

import type pg from "pg";

export type Mutex = "row" | "advisory" | "none";
export type Token = Readonly<Record<string, unknown>>;

export interface Encoding {
  readonly name: string;
  readonly files: readonly string[];
  /** Columns of a claimed row that the worker hands back; the order is complete_fast's. */
  readonly token: readonly string[];
  readonly ring: boolean;
}

const attempt = ["job_id", "run_lease"];
const receipt = [...attempt, "claim_slot", "lane_id", "receipt_seq"];

export const encodings: readonly Encoding[] = [
  { name: "plain", files: ["plain.sql"], token: attempt, ring: false },
  {
    name: "row_per_attempt",
    files: ["rings.sql", "row_per_attempt.sql"],
    token: [...attempt, "claim_slot"],
    ring: true,
  },
  {
    name: "row_per_batch",
    files: ["rings.sql", "row_per_batch.sql", "watermark.sql"],
    token: receipt,
    ring: true,
  },
  {
    name: "ranges",
    files: ["rings.sql", "ranges.sql", "watermark.sql"],
    token: [...receipt, "lane_seq"],
    ring: true,
  },
];

const now = "2026-01-01T00:00:00Z";
const payload = JSON.stringify({ to: "someone@example.org", body: "x".repeat(64) });

export async function enqueue(client: pg.Client, lane: number, n: number): Promise<void> {
  const payloads = Array.from({ length: n }, () => payload);
  await client.query({
    name: "enqueue",
    text: "select enqueue($1, $2::jsonb[], $3)",
    values: [lane, payloads, now],
  });
}

export async function claim(
  client: pg.Client,
  encoding: Encoding,
  lane: number,
  n: number,
): Promise<readonly Token[]> {
  const { rows } = await client.query({
    name: "claim",
    text: "select * from claim($1, $2, $3)",
    values: [lane, n, now],
  });
  const last = rows.at(-1) as { lane_seq: string } | undefined;
  if (encoding.ring && last) {
    // Best effort and after commit, so nobody waits for the disk; one round trip.
    await client.query(
      "set local synchronous_commit = off;" +
        `select advance_claim_cursor(${lane}, ${last.lane_seq})`,
    );
  }
  return rows;
}

export async function complete(
  client: pg.Client,
  encoding: Encoding,
  tokens: readonly Token[],
  mutex: Mutex = "row",
): Promise<number> {
  const columns = encoding.token.map((column) => tokens.map((token) => token[column]));
  const marks = columns.map((_, i) => `$${i + 1}`).join(", ");
  const { rowCount } = await client.query({
    name: `complete ${mutex}`,
    text: `select * from complete_fast(${marks}, '${now}', '${mutex}')`,
    values: columns,
  });
  return rowCount ?? 0;
}
