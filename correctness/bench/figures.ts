/** What is said of a contestant: figures of a round, and their medians. */

import { median } from "../quantile.js";
import { appendOnly, total } from "./dead-tuples.js";
import { names, type Name } from "./requests.js";
import type { Benched } from "./bench.js";
import type { Half, Round } from "./round.js";

export interface Figure {
  readonly title: string;
  readonly of: (round: Round) => number | null;
  /** Decimals. */
  readonly digits: number;
}

const figure = (title: string, digits: number, of: Figure["of"]): Figure => ({ title, of, digits });

/** Enqueue and drain together. */
const both = (half: Half, of: "wal" | "walRecords"): number => half.enqueue[of] + half.drain[of];

/** What stays the same once a session holds a snapshot is said clean only. */
export const figures = {
  drainCpu: figure("Postgres CPU per drained job, µs", 1, (r) => r.clean.drain.cpu),
  pinnedDrainCpu: figure("… pinned", 1, (r) => r.pinned.drain.cpu),
  drain: figure("drain, jobs/s", 0, (r) => r.clean.drain.rate),
  pinnedDrain: figure("… pinned", 0, (r) => r.pinned.drain.rate),
  pinnedOverClean: figure("… pinned / clean", 2, (r) => r.pinned.drain.rate / r.clean.drain.rate),
  enqueueCpu: figure("Postgres CPU per enqueued job, µs", 1, (r) => r.clean.enqueue.cpu),
  enqueue: figure("enqueue, jobs/s", 0, (r) => r.clean.enqueue.rate),
  pinnedEnqueue: figure("… pinned", 0, (r) => r.pinned.enqueue.rate),
  wal: figure("WAL per job, enqueue and drain, bytes", 0, (r) => both(r.clean, "wal")),
  walRecords: figure("… records", 2, (r) => both(r.clean, "walRecords")),
  p50: figure("800 jobs/s offered: p50, ms", 1, (r) => r.clean.offer.p50),
  p99: figure("… p99, ms", 1, (r) => r.clean.offer.p99),
  pinnedP50: figure("… p50 pinned, ms", 1, (r) => r.pinned.offer.p50),
  pinnedP99: figure("… p99 pinned, ms", 1, (r) => r.pinned.offer.p99),
  offerCpu: figure("… Postgres CPU per job, µs", 0, (r) => r.clean.offer.cpu),
  pinnedOfferCpu: figure("… pinned", 0, (r) => r.pinned.offer.cpu),
  offerWal: figure("… WAL per job, bytes", 0, (r) => r.clean.offer.wal),
  dead: figure("dead tuples at the end", 0, (r) => total(r.dead)),
  loggedWaits: figure("relation locks waited for, in the log", 0, (r) => r.waits.logged),
  sampledWaits: figure("… as sampled", 0, (r) => r.waits.sampled),
} as const satisfies Readonly<Record<string, Figure>>;

export type FigureName = keyof typeof figures;

/** What is not measured here is null. */
export type Medians = { readonly [F in FigureName]: number | null };

export interface Reckoned {
  readonly medians: { readonly [N in Name]?: Medians };
  /** Of the engine, in its worst round. */
  readonly appendOnlyDeadTuples: number | null;
  /** Of the engine, in all rounds: logged or sampled, whoever waited. */
  readonly relationLockWaits: number | null;
  /** For what. */
  readonly waitedFor: readonly string[];
}

export function reckoned(rounds: Benched["rounds"]): Reckoned {
  const measured = names.filter((name) => rounds[name]);
  const own = rounds.ringproof;
  const waits = own?.map((round) => round.waits.logged + round.waits.sampled);
  return {
    medians: Object.fromEntries(measured.map((name) => [name, mediansOf(rounds[name]!)])),
    appendOnlyDeadTuples: own ? Math.max(...own.map((r) => total(r.dead, appendOnly))) : null,
    relationLockWaits: waits?.reduce((sum, some) => sum + some) ?? null,
    waitedFor: [...new Set(own?.flatMap((round) => round.waits.told))],
  };
}

function mediansOf(rounds: readonly Round[]): Medians {
  const of = ([name, { of: read }]: [string, Figure]) => {
    const values = rounds.map(read).filter((value) => value !== null);
    return [name, median(values)] as const;
  };
  return Object.fromEntries(Object.entries(figures).map(of)) as Medians;
}

export const figureText = (name: FigureName, value: number | null): string => {
  if (value === null) return "not measured";
  const { digits } = figures[name];
  const decimals = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString("en", decimals);
};
