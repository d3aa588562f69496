/** One contestant from its installation to its end: clean, and beside a session that stays. */

import { deadTuplesLeft, type DeadTuples } from "./dead-tuples.js";
import { Driver } from "./driver.js";
import { lockWaits, type Waits } from "./lock-waits.js";
import type { Observer } from "./observer.js";
import type { Peers } from "./peers.js";
import { connected, pinning } from "./sessions.js";
import type { Answer, Name, Offered, Request } from "./requests.js";

export interface Sizes {
  /** Of a backlog. */
  readonly jobs: number;
  /** For so long jobs are offered. */
  readonly seconds: number;
}

export interface Measured {
  /** Jobs a second. */
  readonly rate: number;
  /** Of Postgres, per job, in microseconds; null where nobody can tell. */
  readonly cpu: number | null;
  /** Per job, in bytes. */
  readonly wal: number;
  /** Per job. */
  readonly walRecords: number;
}

export interface Half {
  readonly enqueue: Measured;
  readonly drain: Measured;
  readonly offer: Measured & Pick<Offered, "p50" | "p99">;
}

export interface Round {
  readonly clean: Half;
  /** Beside a session that holds a snapshot and does nothing. */
  readonly pinned: Half;
  /** At its end, while that session is still there. */
  readonly dead: DeadTuples;
  readonly waits: Waits;
}

/** Jobs a second. */
export const RATE = 800;
/** The most jobs that a call is about, and how many work at once. */
export const terms = { batch: 500, workers: 4 } as const;
/** So many backlogs pass beside the session that stays, before it is measured what that costs. */
const PASSED = 2;

export interface RoundOptions {
  readonly name: Name;
  /** Of a database that does not exist. */
  readonly database: string;
  readonly peers: Peers;
  readonly sizes: Sizes;
  readonly signal?: AbortSignal | undefined;
  /** Told what comes next. */
  readonly step: (what: string) => void;
}

export const round = (observer: Observer, options: RoundOptions): Promise<Round> =>
  observer.database(options.database, async (url) => {
    const { name, peers, signal } = options;
    const driving = { node: peers.node, name, signal };
    const around = { url, folder: peers.folder, ...terms };
    const [halves, waits] = await lockWaits(observer, url, () =>
      Driver.with({ ...driving, terms: around }, (driver) =>
        phases(observer, driver, url, options),
      ),
    );
    return { ...halves, waits };
  });

async function phases(observer: Observer, driver: Driver, url: string, options: RoundOptions) {
  const { sizes, step } = options;
  const half = (when: string) => measured(observer, driver, sizes, (what) => step(what + when));
  step("warm-up");
  await through(driver, sizes.jobs);
  const clean = await half("");
  return pinning(url, async () => {
    step("jobs pass, pinned");
    for (let passed = 0; passed < PASSED; passed++) await through(driver, sizes.jobs);
    const pinned = await half(", pinned");
    await driver.ask({ what: "close" });
    return { clean, pinned, dead: await connected(url, deadTuplesLeft) };
  });
}

async function through(driver: Driver, jobs: number): Promise<void> {
  await driver.ask({ what: "enqueue", jobs });
  await driver.ask({ what: "drain", jobs });
}

async function measured(
  observer: Observer,
  driver: Driver,
  { jobs, seconds }: Sizes,
  step: (what: string) => void,
): Promise<Half> {
  const measure = async (request: Request, count: number): Promise<[Measured, Answer]> => {
    step(request.what);
    const [answer, { cpu, wal, walRecords }] = await observer.cost(() => driver.ask(request));
    const rate = (count * 1_000) / answer.ms;
    const perJob = { wal: wal / count, walRecords: walRecords / count };
    return [{ rate, cpu: cpu === null ? null : (cpu * 1_000) / count, ...perJob }, answer];
  };
  const [enqueue] = await measure({ what: "enqueue", jobs }, jobs);
  const [drain] = await measure({ what: "drain", jobs }, jobs);
  const offered: Request = { what: "offer", rate: RATE, seconds };
  const [offer, answer] = await measure(offered, RATE * seconds);
  const { p50, p99 } = answer.offered!;
  return { enqueue, drain, offer: { ...offer, p50, p99 } };
}
