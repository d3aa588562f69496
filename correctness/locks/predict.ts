/**
 * Predictions made real: TLC finds how transactions of a negative configuration come to wait for
 * each other, and Postgres is led there; on the SQL as it is, the same turns lead nowhere.
 */

import type { PostgresServer } from "../../src/postgres/server.js";
import type { RunContext } from "../claims.js";
import { readManifest, type ManifestEntry } from "../tlc/manifest.js";
import { manifestFile, runEntry } from "../tlc/suite.js";
import { turns, turnText, type Turn } from "./schedule.js";
import { Stage, type Reached, type Waiting } from "./stage.js";
import { wrongs, type Wrong } from "./wrong.js";

/** What Postgres did with a schedule. */
export interface Played {
  /** What came of each turn. */
  readonly reached: readonly Reached[];
  /** Who waited for whom after the last turn. */
  readonly waiting: readonly Waiting[];
  /** What each call answered in the end, as JSON, or the code of its error. */
  readonly answers: readonly string[];
  /** Whom Postgres ended because of a deadlock. */
  readonly victim: number | null;
}

export interface Prediction {
  /** The negative configuration. */
  readonly config: string;
  readonly about: string;
  /** What TLC found violated. */
  readonly property: string;
  /** The operation of each session; the first ones are those of the counterexample. */
  readonly operations: readonly string[];
  /** The counterexample, a turn each. */
  readonly schedule: readonly string[];
  /** On the SQL that the configuration describes. */
  readonly wrong: Played;
  /** On the SQL as it is. */
  readonly right: Played;
  /** Whether it came true on the one, and not on the other. */
  readonly real: boolean;
  readonly seconds: number;
}

/** Every negative configuration that says what changed SQL would do, one after the other. */
export async function predictions(
  server: PostgresServer,
  { signal, progress }: RunContext,
): Promise<readonly Prediction[]> {
  const entries = await readManifest(manifestFile());
  const found: Prediction[] = [];
  for (const wrong of wrongs) {
    const entry = entries.find(({ name }) => name === wrong.config)!;
    found.push(await predict(server, entry, wrong, signal));
    progress("predictions", found.length, wrongs.length);
  }
  return found;
}

async function predict(
  server: PostgresServer,
  entry: ManifestEntry,
  wrong: Wrong,
  signal: AbortSignal,
): Promise<Prediction> {
  const began = performance.now();
  const { violated, trace } = await runEntry(
    entry,
    { signal, progress: () => undefined },
    { coverage: false },
  );
  if (!violated || !trace) throw new Error(`${entry.name}: TLC found nothing to make real`);
  const schedule = turns(trace);
  const shown = await play(server, schedule, wrong, wrong.amend());
  const { operations, ...onWrong } = shown;
  const { operations: _, ...onRight } = await play(server, schedule, wrong);
  signal.throwIfAborted();
  return {
    config: entry.name,
    about: entry.about,
    property: violated.name,
    operations,
    schedule: schedule.map(turnText),
    wrong: onWrong,
    right: onRight,
    real: came(schedule, onWrong) && !came(schedule, onRight),
    seconds: (performance.now() - began) / 1000,
  };
}

/** Every turn was as the trace says, and then somebody waits for one who waits. */
function came(schedule: readonly Turn[], { reached, waiting }: Played): boolean {
  const kept = schedule.every(({ waits }, i) => reached[i] === (waits ? "waits" : "has"));
  const waiters = new Set(waiting.map(({ session }) => session));
  return kept && waiting.some(({ waitsFor }) => waitsFor.some((other) => waiters.has(other)));
}

async function play(
  server: PostgresServer,
  schedule: readonly Turn[],
  { sessions, begin }: Wrong,
  amend?: string,
): Promise<Played & Pick<Prediction, "operations">> {
  const stage = await Stage.open(server, { sessions, ...(amend && { amend }) });
  try {
    const calls = await begin(stage.storage);
    await stage.begin(calls);
    const reached: Reached[] = [];
    for (const turn of schedule) reached.push(await stage.until(turn.session, turn));
    // Whoever is not in the counterexample comes when it is over.
    const others = calls.map((_, i) => i).filter((i) => schedule.every((t) => t.session !== i));
    for (const other of others) await stage.until(other);
    const waiting = await stage.waiting();
    const answers = await stage.finish();
    const hit = answers.indexOf("40P01");
    const victim = hit < 0 ? null : hit;
    return { operations: calls.map((c) => c.operation), reached, waiting, answers, victim };
  } finally {
    await stage.close();
  }
}
