/** Sessions that wait for the lock of a relation: by the log, and as often as one looks. */

import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Observer } from "./observer.js";
import { connected } from "./sessions.js";

export interface Waits {
  /** For longer than `deadlock_timeout`. */
  readonly logged: number;
  readonly sampled: number;
  /** What was waited for, each wait once. */
  readonly told: readonly string[];
}

const SAMPLE_MS = 100;

/** In the log; a tuple of a relation, or its extension, is another thing to wait for. */
const WAIT = /process \d+ still waiting for (\w+) on relation (\d+) of database (\d+) /g;

const SAMPLE = `
  select mode, relation::text, left(query, 60) as query,
    (select string_agg(left(b.query, 60), ', ') from pg_stat_activity b
     where b.pid = any (pg_blocking_pids(l.pid))) as holders
  from pg_locks l join pg_stat_activity using (pid)
  where locktype = 'relation' and not granted and database = $1`;

interface Sampled {
  readonly mode: string;
  readonly relation: string;
  readonly query: string;
  readonly holders: string | null;
}

interface Place {
  readonly url: string;
  /** Of the database. */
  readonly oid: string;
}

/** In the database of this address, on a server that has `log_lock_waits`. */
export async function lockWaits<T>(
  { server, client }: Observer,
  url: string,
  body: () => Promise<T>,
): Promise<readonly [T, Waits]> {
  const place = await connected(url, async (other): Promise<Place> => {
    const { rows } = await other.query(
      "select oid::text from pg_database where datname = current_database()",
    );
    return { url, oid: rows[0].oid as string };
  });
  const log = join(server.socketDir!, "log");
  const { size } = await stat(log);
  const over = new AbortController();
  const look = async () => (await client.query<Sampled>(SAMPLE, [place.oid])).rows;
  const sampling = sample(look, over.signal);
  sampling.catch(() => undefined);
  const result = await body().finally(() => over.abort());
  return [result, await waitsIn(place, await since(log, size), await sampling)];
}

async function sample(
  look: () => Promise<readonly Sampled[]>,
  signal: AbortSignal,
): Promise<readonly Sampled[]> {
  const sampled: Sampled[] = [];
  while (!signal.aborted) {
    sampled.push(...(await look()));
    await sleep(SAMPLE_MS, undefined, { signal }).catch(() => undefined);
  }
  return sampled;
}

async function waitsIn(
  { url, oid }: Place,
  log: string,
  sampled: readonly Sampled[],
): Promise<Waits> {
  const logged = [...log.matchAll(WAIT)].filter(([, , , database]) => database === oid);
  const counts = { logged: logged.length, sampled: sampled.length };
  if (counts.logged + counts.sampled === 0) return { ...counts, told: [] };
  const { rows } = await connected(url, (client) =>
    client.query<{ oid: string; relname: string }>("select oid::text, relname from pg_class"),
  );
  const names = new Map(rows.map((row) => [row.oid, row.relname]));
  const what = (mode: string, relation: string) => `${mode} of ${names.get(relation) ?? relation}`;
  const told = [
    ...logged.map(([, mode, relation]) => `in the log: ${what(mode!, relation!)}`),
    ...sampled.map(
      ({ query, mode, relation, holders }) =>
        `${oneLine(query)} waits for ${what(mode, relation)}, held by ${oneLine(holders ?? "?")}`,
    ),
  ];
  return { ...counts, told: [...new Set(told)] };
}

const oneLine = (query: string): string => query.replace(/\s+/g, " ").trim();

/** What was appended to a file since it had this size. */
async function since(file: string, size: number): Promise<string> {
  const handle = await open(file);
  try {
    const { size: end } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(end - size), 0, end - size, size);
    return buffer.toString("utf8");
  } finally {
    await handle.close();
  }
}
