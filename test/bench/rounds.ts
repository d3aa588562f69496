/** Rounds that nobody has measured, with figures that meet every goal unless they are changed. */

import type { Benched, BenchOptions, Surroundings } from "../../correctness/bench/bench.js";
import { names, type Name } from "../../correctness/bench/requests.js";
import type { Half, Round } from "../../correctness/bench/round.js";

export const surroundings: Surroundings = {
  cpu: "a processor",
  cores: 2,
  load: 0.25,
  server: "Postgres 18.4 (embedded)",
  nodeVersion: "22.1.0",
  settings: { fsync: "on", deadlock_timeout: "10ms" },
};

export const options: BenchOptions = { rounds: 3, jobs: 1_000, seconds: 2, only: names };

/** What is measured of one contestant, clean and pinned. */
export interface Figures {
  readonly drain?: readonly [number, number];
  readonly cpu?: readonly [number | null, number | null];
  readonly p99?: readonly [number, number];
  readonly wal?: number;
  readonly dead?: Round["dead"];
  readonly waits?: Round["waits"];
}

const defaults: Readonly<Record<Name, Required<Figures>>> = (() => {
  const none = { dead: {}, waits: { logged: 0, sampled: 0, told: [] } };
  const peer = { ...none, drain: [10_000, 4_000], cpu: [20, 50], p99: [40, 60], wal: 900 } as const;
  const slower = {
    ...peer,
    drain: [5_000, 2_000],
    cpu: [40, 90],
    p99: [80, 99],
    wal: 1_100,
  } as const;
  const own = { ...none, drain: [10_500, 10_400], cpu: [19, 19], p99: [39, 41], wal: 400 } as const;
  return {
    ringproof: own,
    "pg-boss": slower,
    "graphile-worker": slower,
    "plain-table": slower,
    "plain-table-deleting": peer,
  };
})();

/** A round of it. */
export function roundOf(name: Name, figures: Figures = {}): Round {
  const { drain, cpu, p99, wal, dead, waits } = { ...defaults[name], ...figures };
  const half = (at: 0 | 1): Half => {
    const measured = { rate: 1_000, cpu: 10, wal: wal / 2, walRecords: 4 };
    return {
      enqueue: measured,
      drain: { ...measured, rate: drain[at], cpu: cpu[at] },
      offer: { ...measured, rate: 800, p50: p99[at] / 2, p99: p99[at] },
    };
  };
  return { clean: half(0), pinned: half(1), dead, waits };
}

/** Three rounds of each, all alike; of the engine these are the figures. */
export const benchedWith = (figures: Figures = {}): Benched => ({
  rounds: Object.fromEntries(
    names.map((name) => {
      const round = roundOf(name, name === "ringproof" ? figures : {});
      return [name, [round, round, round]];
    }),
  ),
  surroundings,
});
