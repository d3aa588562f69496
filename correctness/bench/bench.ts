/** The engine and its peers on one server, round by round, each time in another order. */

import { loadavg } from "node:os";
import { packageRoot } from "../../src/package-root.js";
import { durableSettings, onPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { Observer } from "./observer.js";
import { peersOf, versions, type Peers } from "./peers.js";
import type { Name } from "./requests.js";
import { round, type Round, type Sizes } from "./round.js";
import { connected } from "./sessions.js";
import { processor } from "./surroundings.js";

export interface Progressing {
  readonly signal?: AbortSignal;
  readonly progress?: (what: string, done: number, total?: number) => void;
}

export interface BenchOptions extends Progressing, Sizes {
  readonly rounds: number;
  readonly only: readonly Name[];
}

/** What it was measured on. */
export interface Surroundings {
  readonly cpu: string;
  readonly cores: number;
  /** Of the machine, before anything was measured: the mean of a minute. */
  readonly load: number;
  /** As in "Postgres 18.4 (embedded)". */
  readonly server: string;
  /** As in "22.1.0": of the contestants. */
  readonly nodeVersion: string;
  readonly settings: Readonly<Record<string, string>>;
}

export interface Benched {
  readonly rounds: { readonly [N in Name]?: readonly Round[] };
  readonly surroundings: Surroundings;
}

/** As Postgres comes, but for what it says of those who wait. */
export const settings = { ...durableSettings, log_lock_waits: "on", deadlock_timeout: "10ms" };

const SHOWN = [
  ...["fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers"],
  ...["max_wal_size", "checkpoint_timeout", "autovacuum", "autovacuum_naptime", "io_method"],
  ...["log_lock_waits", "deadlock_timeout"],
];

/** Of a round: the warm-up, three phases, what passes, and the three again. */
const STEPS = 8;

export const bench = (options: BenchOptions): Promise<Benched> =>
  onServer(options, async (observer, peers, surroundings) => {
    const { rounds, only, jobs, seconds, signal, progress } = options;
    const results: Partial<Record<Name, Round[]>> = {};
    const total = rounds * only.length * STEPS;
    let done = 0;
    for (let turn = 0; turn < rounds; turn++)
      for (const name of rotated(only, turn)) {
        signal?.throwIfAborted();
        const at = `round ${turn + 1}, ${name}`;
        const step = (what: string) => progress?.(`${at}: ${what}`, done++, total);
        const database = `bench_${name.replaceAll("-", "_")}`;
        const sizes = { jobs, seconds };
        const result = await round(observer, { name, database, peers, sizes, signal, step });
        (results[name] ??= []).push(result);
      }
    return { rounds: results, surroundings };
  });

const rotated = <T>(list: readonly T[], by: number): readonly T[] => {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
};

/** A server for contestants, with what they need. */
export async function onServer<T>(
  { only, signal, progress }: Progressing & Pick<BenchOptions, "only">,
  body: (observer: Observer, peers: Peers, surroundings: Surroundings) => Promise<T>,
): Promise<T> {
  const load = loadavg()[0]!;
  const peers = await around(only, (what) => progress?.(what, 0));
  signal?.throwIfAborted();
  return onPostgres(
    { kind: "embedded" },
    async (server) => {
      const machine = { ...processor(), load };
      const shown = await settingsOf(server);
      const here = { ...machine, ...peers, server: server.description, settings: shown };
      return Observer.with(server, (observer) => body(observer, peers, here));
    },
    { settings },
  );
}

/** Without a peer that asks for a Node of its own, it is ours. */
async function around(only: readonly Name[], tell: (what: string) => void) {
  if (!only.some((name) => name === "pg-boss" || name === "graphile-worker"))
    return { folder: packageRoot(), node: process.execPath, nodeVersion: process.versions.node };
  return { ...(await peersOf({ progress: tell })), nodeVersion: versions.node };
}

/** Those that decide about durability, memory and maintenance, as they are. */
async function settingsOf(server: PostgresServer): Promise<Readonly<Record<string, string>>> {
  const { rows } = await connected(server.url, (client) =>
    client.query<{ name: string; value: string }>(
      `select name, current_setting(name) as value
       from unnest($1::text[]) with ordinality as shown (name, n) order by n`,
      [SHOWN],
    ),
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
