/** What the checks cost: the explorer beside TLC, and what is asked of Postgres in round trips. */

import { withCleanup } from "../../src/cleanup.js";
import { connect, onPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { groundOf } from "../conform/claim.js";
import { modelled } from "../explore/model.js";
import { Arena, newSchema } from "../interleave/arena.js";
import { meet } from "../interleave/meet.js";
import { extents, planFor, type Work } from "../interleave/plan.js";
import { withRowLocks } from "../interleave/row-locks.js";
import { arenaScope } from "../interleave/scopes.js";
import { roundTrip } from "../interleave/speed.js";
import { readManifest, type ManifestEntry } from "../tlc/manifest.js";
import { manifestFile, positive, runEntry } from "../tlc/suite.js";
import type { Progressing } from "./bench.js";
import { conforming } from "./conforming.js";
import { saidBy, withPeak } from "./memory.js";

/** A process that has found so many states. */
export interface Exploration {
  readonly states: number;
  readonly seconds: number;
  /** At its peak; null where nobody tells. */
  readonly bytes: number | null;
}

/** One configuration. */
export interface Explored {
  readonly name: string;
  readonly core: Exploration;
  readonly tlc: Exploration;
}

/** Times are means, in milliseconds; the round trip is the median of many, before and after. */
export interface Asked {
  readonly count: number;
  readonly ms: number;
  readonly roundTripMs: number;
}

export interface ChecksRound {
  readonly explored: readonly Explored[];
  /** Checks of a state and an action. */
  readonly conform: Asked;
  /** Schedules of two sessions. */
  readonly interleave: Asked;
  /** Calls of those schedules, each alone. */
  readonly calls: Asked;
}

export interface ChecksOptions extends Progressing {
  readonly rounds: number;
  /** The configurations that are explored. */
  readonly large?: (entry: ManifestEntry) => boolean;
  /** The configuration that is conformed to. */
  readonly conformed?: string;
  /** One pair of so many meets. */
  readonly sample?: number;
}

const LARGE = 100_000;
export const TLC_WORKERS = 2;
/** It is no faster with more, for graphs of some hundred thousand states, and takes what it has. */
export const TLC_HEAP_MB = 512;

export const large = (entry: ManifestEntry): boolean =>
  positive(entry) && modelled(entry) && entry.expect.distinct > LARGE;

export async function checksBench(options: ChecksOptions): Promise<readonly ChecksRound[]> {
  const { rounds, conformed = "zombies", sample = 5, signal, progress } = options;
  const all = await readManifest(manifestFile());
  const explorations = all.filter(options.large ?? large);
  const entry = all.find(({ name }) => name === conformed)!;
  const pairs = planFor(extents.quick, []).work.filter(({ calls }) => calls.length === 2);
  const met = pairs.filter((_, i) => i % sample === 0);
  const done: ChecksRound[] = [];
  for (let turn = 1; turn <= rounds; turn++) {
    const tell = (what: string) => progress?.(`round ${turn} of ${rounds}: ${what}`, 0);
    const explored: Explored[] = [];
    for (const each of explorations) explored.push(await exploredBoth(each, tell, signal));
    const asked = await onPostgres({ kind: "embedded" }, async (server) => {
      tell(`conform ${entry.name}`);
      const checks = await conform(server, entry, signal);
      tell(`interleave, ${met.length} meetings`);
      return {
        conform: checks,
        ...(await withRowLocks(server, () => interleaving(server, met, signal))),
      };
    });
    done.push({ explored, ...asked });
  }
  return done;
}

async function exploredBoth(
  entry: ManifestEntry,
  tell: (what: string) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<Explored> {
  const { name } = entry;
  tell(`explore ${name}`);
  const core = await exploration(async (started) =>
    Number(await saidBy("explorer.js", [name], { started, signal })),
  );
  tell(`TLC ${name}`);
  const tlc = await exploration(async (onStarted) => {
    const context = { signal, progress: () => undefined };
    const options = {
      workers: TLC_WORKERS,
      heapMb: TLC_HEAP_MB,
      coverage: false,
      onStarted,
    } as const;
    return (await runEntry(entry, context, options)).distinct;
  });
  return { name, core, tlc };
}

async function exploration(
  run: (started: (pid: number) => void) => Promise<number>,
): Promise<Exploration> {
  const began = performance.now();
  const { result, bytes } = await withPeak(run);
  return { states: result, seconds: (performance.now() - began) / 1000, bytes };
}

/** One connection walks all databases of a configuration. */
async function conform(
  server: PostgresServer,
  entry: ManifestEntry,
  signal?: AbortSignal,
): Promise<Asked> {
  const { scope, work } = await groundOf(entry);
  const client = await connect(server);
  return withCleanup(
    () => client.end(),
    async () => {
      const before = await roundTrip(client);
      const { tally, ms } = await conforming(client, scope, work, () => !signal?.aborted);
      signal?.throwIfAborted();
      return asked(tally.checks, ms, [before, await roundTrip(client)]);
    },
  );
}

/** The schedules of these pairs on one arena, one after the other; then their calls, alone. */
async function interleaving(
  server: PostgresServer,
  pairs: readonly Work[],
  signal?: AbortSignal,
): Promise<Pick<ChecksRound, "interleave" | "calls">> {
  const place = { schema: newSchema(), number: 0, scope: arenaScope, sessions: 2 };
  const arena = await Arena.open(server, place);
  return withCleanup(
    () => arena.close(),
    async () => {
      const { controller } = arena;
      let [schedules, scheduleMs, callMs] = [0, 0, 0];
      const before = await roundTrip(controller);
      for (const pair of pairs) {
        signal?.throwIfAborted();
        await arena.load(pair.way, pair.scope);
        const began = performance.now();
        const { atMost } = pair;
        const met = await meet(arena, pair, { atMost, schedule: pair.schedule() });
        scheduleMs += performance.now() - began;
        schedules += met.runs;
        for (const call of pair.calls) callMs += await alone(arena, arena.textOf(call));
      }
      const trips = [before, await roundTrip(controller)];
      return {
        interleave: asked(schedules, scheduleMs, trips),
        calls: asked(pairs.length * 2, callMs, trips),
      };
    },
  );
}

/** In milliseconds, once it is planned; nothing of it stays. */
async function alone({ controller }: Arena, text: string): Promise<number> {
  let ms = 0;
  for (let turn = 0; turn < 2; turn++) {
    await controller.query("begin");
    const began = performance.now();
    // What it answers is for others to judge; here an error, too, is an end.
    await controller.query(text).catch(() => undefined);
    ms = performance.now() - began;
    await controller.query("rollback");
  }
  return ms;
}

const asked = (count: number, ms: number, roundTrips: readonly number[]): Asked => ({
  count,
  ms: ms / count,
  roundTripMs: roundTrips.reduce((sum, each) => sum + each, 0) / roundTrips.length,
});
