/** What the tests of the counts share: one life in which every path is taken, and what is exact. */

import type pg from "pg";
import { auditChecks } from "../../src/postgres/audit.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { PostgresStorage, type ClaimedJob } from "../../src/postgres/storage.js";

export const schema = "counted";
export const at = (minutes: number) =>
  new Date(Date.parse("2026-01-01T00:00:00Z") + minutes * 60_000);
export const now = at(0);

/** A fresh schema of two lanes of two queues. */
export async function fresh(client: pg.Client, amend = "") {
  await uninstall(client, { schema });
  await install(client, { schema, queueSlots: 3, claimSlots: 2, leaseSlots: 2 });
  await client.query(requalify(amend, schema));
  const storage = new PostgresStorage(client, { schema });
  const mail = await storage.ensureLane("mail", 1, 0);
  const sms = await storage.ensureLane("sms", 1, 0);
  return { storage, mail, sms };
}

export type World = Awaited<ReturnType<typeof fresh>>;

const exact = (await auditChecks()).find(({ name }) => name === "ExactPerBucket")!;

/** What is wrong with the counts, and with the view of them. */
export async function wrong(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(
    `with listed as (
       select l.queue, j.state, count(*) as jobs
       from ${schema}.jobs j join ${schema}.lanes l using (lane_id) group by 1, 2)
     select x.what from (${requalify(exact.query, schema)}) x (what)
     union all
     select format('queue_counts: %s %s listed, %s counted of %s', queue, l.jobs, c.jobs, state)
     from listed l full join ${schema}.queue_counts c using (queue, state)
     where l.jobs is distinct from c.jobs
     order by 1`,
  );
  return rows.map((r) => r.what);
}

/** Facts that were there when their slot was pruned. */
export async function history(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ jobs: string }>(
    `select coalesce(sum(jobs), 0) as jobs from ${schema}.queue_terminal_rollups`,
  );
  return Number(rows[0]!.jobs);
}

/** Every path that adds a terminal fact or takes one back, one after the other. */
export async function* life({ storage, mail, sms }: World): AsyncGenerator<string> {
  await storage.enqueue(mail, Array(12).fill({}), now, now);
  await storage.enqueue(sms, Array(3).fill({}), now, now);
  const [a, b, c, d, e, f, g, h, i] = await storage.claim(mail, 9, now);
  const others: ClaimedJob[] = [];
  while (others.length < 3) others.push(...(await storage.claim(sms, 1, now)));
  await storage.completeFast([a!, b!, c!, d!, others[0]!], now);
  yield "completed, in a batch";
  await storage.parkForCallback([e!, f!], at(9), now);
  await storage.resumeCallback([e!, f!], now);
  await storage.complete([e!], now);
  yield "completed, slowly";
  await storage.complete([others[1]!], now);
  yield "completed, all of a receipt";
  await storage.fail([f!, g!, h!], now);
  yield "failed";
  await storage.cancelRunning([i!.jobId, others[2]!.jobId], now);
  yield "cancelled while running";
  await storage.cancelReady(["10"], now);
  yield "cancelled while ready";
  await storage.rotateQueue(now);
  await storage.rollupTerminalCounts(0, now);
  yield "rolled up";
  await storage.discardTerminal([a!.jobId, a!.jobId, "999"], now);
  yield "discarded, of a batch";
  await storage.discardTerminal([e!.jobId, f!.jobId], now);
  yield "discarded, of terminal rows";
  await storage.failedToDlq([g!.jobId, b!.jobId], now);
  yield "put aside";
  await storage.retryFromTerminal([h!.jobId, i!.jobId, b!.jobId], now);
  yield "retried";
  await storage.rollupTerminalCounts(0, now);
  yield "rolled up again";
  const left = await storage.claim(mail, 9, now);
  const again = await storage.claim(mail, 9, now);
  await storage.complete([...left, ...again], now);
  yield "completed, in two slots";
  await storage.rebuildTerminalCounts(now);
  yield "rebuilt";
  await storage.rotateQueue(now);
  await storage.rotateClaims(now);
  await storage.pruneClaims(now);
  await storage.pruneQueue(now);
  yield "pruned";
  await storage.rotateQueue(now);
  await storage.pruneQueue(now);
  yield "pruned again";
}
