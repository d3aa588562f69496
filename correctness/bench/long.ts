/** Jobs come at one rate for minutes, and for a part of these a session holds a snapshot. */

import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { onServer, type Progressing, type Surroundings } from "./bench.js";
import { deadTuples, type DeadTuples } from "./dead-tuples.js";
import { Driver } from "./driver.js";
import { lockWaits, type Waits } from "./lock-waits.js";
import type { Observer } from "./observer.js";
import type { Peers } from "./peers.js";
import type { Answer, Name, Second } from "./requests.js";
import { RATE, terms } from "./round.js";
import { connected, pinning } from "./sessions.js";

export interface LongOptions extends Progressing {
  /** Of each contestant. */
  readonly minutes: number;
  readonly only: readonly Name[];
}

/** Which part of the time each takes. */
const shares = { "warm-up": 0.1, clean: 0.3, pinned: 0.4, recovery: 0.2 } as const;

export type PhaseName = keyof typeof shares;
export const phaseNames = Object.keys(shares) as readonly PhaseName[];

/** When a phase begins, of so many seconds. */
export function beginOf(phase: PhaseName, seconds: number): number {
  const before = phaseNames.slice(0, phaseNames.indexOf(phase));
  return seconds * before.reduce((sum, name) => sum + shares[name], 0);
}

/** What happened to one contestant. */
export interface Lasted {
  readonly name: Name;
  readonly seconds: readonly Second[];
  /** As somebody looked, so many seconds after the beginning. */
  readonly dead: readonly { readonly at: number; readonly tuples: DeadTuples }[];
  readonly waits: { readonly [P in PhaseName]: Waits };
}

export interface LongRun {
  readonly lasted: readonly Lasted[];
  readonly surroundings: Surroundings;
}

const LOOK_MS = 1_000;

export const longRun = (options: LongOptions): Promise<LongRun> =>
  onServer(options, async (observer, peers, surroundings) => {
    const lasted: Lasted[] = [];
    for (const [index, name] of options.only.entries())
      lasted.push(await last(observer, peers, name, { ...options, before: index }));
    return { lasted, surroundings };
  });

interface Turn extends LongOptions {
  /** How many contestants came before. */
  readonly before: number;
}

function last(observer: Observer, peers: Peers, name: Name, turn: Turn): Promise<Lasted> {
  const database = `long_${name.replaceAll("-", "_")}`;
  return observer.database(database, (url) => {
    const around = { url, folder: peers.folder, ...terms };
    const { signal } = turn;
    return Driver.with({ node: peers.node, name, terms: around, signal }, async (driver) => {
      const seconds = Math.ceil(turn.minutes * 60);
      const offering = driver.ask({ what: "offer", rate: RATE, seconds });
      offering.catch(() => undefined);
      const phases = () => phasesOf(observer, { name, url, seconds, offering, turn });
      const [dead, waits] = await connected(url, (client) => watching(client, phases));
      const { offered } = await offering;
      await driver.ask({ what: "close" });
      return { name, seconds: offered!.seconds, dead, waits };
    });
  });
}

interface Going {
  readonly name: Name;
  readonly url: string;
  readonly seconds: number;
  readonly offering: Promise<Answer>;
  readonly turn: Turn;
}

/** One after the other; the last one until all is done. */
async function phasesOf(observer: Observer, going: Going): Promise<Lasted["waits"]> {
  const { name, url, seconds, offering, turn } = going;
  const { before, only, progress } = turn;
  const elapsed = stopwatch();
  const failing = offering.then(() => new Promise<never>(() => undefined));
  failing.catch(() => undefined);
  const waits: Partial<Record<PhaseName, Waits>> = {};
  for (const phase of phaseNames) {
    const end = beginOf(phase, seconds) + seconds * shares[phase];
    const body = async () => {
      while (elapsed() < end) {
        const done = Math.round(before * seconds + elapsed());
        progress?.(`${name}, ${phase}: seconds`, done, seconds * only.length);
        await Promise.race([sleep(Math.min(LOOK_MS, 1_000 * (end - elapsed()))), failing]);
      }
      if (phase === "recovery") await offering;
    };
    const waiting = () => lockWaits(observer, url, body);
    [, waits[phase]] = phase === "pinned" ? await pinning(url, waiting) : await waiting();
  }
  return waits as Lasted["waits"];
}

/** Seconds since it was started. */
function stopwatch(): () => number {
  const started = performance.now();
  return () => (performance.now() - started) / 1_000;
}

/** Dead tuples meanwhile. */
async function watching<T>(
  client: pg.Client,
  body: () => Promise<T>,
): Promise<readonly [Lasted["dead"], T]> {
  const elapsed = stopwatch();
  const over = new AbortController();
  const dead: { at: number; tuples: DeadTuples }[] = [];
  const look = async () => {
    while (!over.signal.aborted) {
      dead.push({ at: elapsed(), tuples: await deadTuples(client) });
      await sleep(LOOK_MS, undefined, over).catch(() => undefined);
    }
  };
  const looking = look();
  looking.catch(() => undefined);
  const result = await body().finally(() => over.abort());
  await looking;
  return [dead, result];
}
