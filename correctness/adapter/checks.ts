/** The checks of a storage of somebody's own, with what each tier covers of them. */

import { onPostgres, type PgSource, type PostgresServer } from "../../src/postgres/server.js";
import type { Context, Finding, Row, Tier } from "../claims.js";
import type { History } from "../trace/history.js";
import { findingsOf, judge } from "../trace/judge.js";
import { trialsOf } from "./calls.js";
import { conform } from "./conform.js";
import { interleave } from "./interleave.js";
import { lanes, lockstep } from "./lockstep.js";
import { recordHistory, Refused, type RecordOptions } from "./record.js";
import { Site } from "./site.js";
import type { CheckName, StorageUnderTest } from "./storage.js";
import { failureFinding, raceFinding } from "./text.js";

/** What came out of a check, and how much of what it covered. */
export interface Checked {
  readonly rows: readonly Row[];
  readonly covered: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

interface Size {
  readonly runs: number;
  readonly states: number;
  readonly schedules: number;
  readonly events: number;
}

const sizes: { readonly [T in Tier]: Size } = {
  quick: { runs: 20, states: 1, schedules: 40, events: 4_000 },
  full: { runs: 400, states: 4, schedules: 1_000, events: 100_000 },
  nightly: { runs: 4_000, states: 20, schedules: 10_000, events: 1_000_000 },
};

const WORKERS = 6;
/** One call in so many is lost. */
const LOST = 80;

export interface Run extends Pick<Context, "tier" | "seed" | "signal" | "progress"> {
  readonly storage: StorageUnderTest;
  /** The command that shows it again. */
  readonly replay: string;
}

type Check = (server: PostgresServer, run: Run) => Promise<Checked>;

const since = (started: number): number => (performance.now() - started) / 1000;

/** A row of what was found since then. */
const rowOf = (
  name: string,
  started: number,
  facts: Row["facts"],
  findings: readonly Finding[],
): Row => ({
  name,
  verdict: findings.length > 0 ? "violated" : "holds",
  seconds: since(started),
  facts,
});

const conformCheck: Check = async (server, { storage, replay, signal, progress }) => {
  const rows: Row[] = [];
  const findings: Finding[] = [];
  const covered = { states: 0, calls: 0 };
  for (const trial of trialsOf(storage)) {
    const started = performance.now();
    const named = (states: number, of: number) => progress(`conform, ${trial.name}`, states, of);
    const { states, calls, failure } = await Site.with(
      server,
      { storage, lanes: trial.scope.lanes },
      (site) => conform(site, trial, { signal, progress: named }),
    );
    const found = failure ? [failureFinding(failure, replay)] : [];
    rows.push(rowOf(`conform, ${trial.name}`, started, { states, calls }, found));
    findings.push(...found);
    covered.states += states;
    covered.calls += calls;
    if (failure) break;
  }
  return { rows, covered, findings };
};

const lockstepCheck: Check = async (server, { storage, replay, tier, seed, signal, progress }) => {
  const started = performance.now();
  const options = {
    seed,
    runs: sizes[tier].runs,
    signal,
    progress: (runs: number, of: number) => progress("lockstep", runs, of),
  };
  const { failure, ...covered } = await Site.with(server, { storage, lanes }, (site) =>
    lockstep(site, options),
  );
  const findings = failure ? [failureFinding(failure, replay)] : [];
  return { rows: [rowOf("lockstep", started, covered, findings)], covered, findings };
};

const interleaveCheck: Check = async (server, { storage, replay, tier, signal, progress }) => {
  const started = performance.now();
  const options = {
    ...sizes[tier],
    signal,
    progress: (meetings: number, of: number) => progress("interleave", meetings, of),
  };
  const { race, bad, cut, ...covered } = await Site.with(server, { storage, lanes }, (site) =>
    interleave(site, options),
  );
  const findings = [
    ...(race ? [raceFinding(race, replay)] : []),
    ...(bad ? [failureFinding({ path: bad.path, bad }, replay)] : []),
  ];
  const facts = { ...covered, "not all": cut };
  return { rows: [rowOf("interleave", started, facts, findings)], covered, findings };
};

export interface RecordingOptions extends Pick<RecordOptions, "seed" | "seconds" | "signal"> {
  readonly source: PgSource | PostgresServer;
  /** Calls to make: 2,000 unless said. */
  readonly events?: number | undefined;
  readonly workers?: number | undefined;
  /** One call in so many is lost; none unless said. */
  readonly lost?: number | undefined;
  readonly progress?: RecordOptions["progress"];
}

/** A history of a storage of somebody's own. */
export function recordAdapter(
  storage: StorageUnderTest,
  { source, ...options }: RecordingOptions,
): Promise<History> {
  const { events = 2_000, workers = WORKERS, lost = Infinity } = options;
  const all = { ...options, events, workers, lost };
  return onPostgres(source, (server) =>
    Site.with(server, { storage, lanes }, (site) => recordHistory(site, all)),
  );
}

const traceCheck: Check = async (server, { storage, replay, tier, seed, signal, progress }) => {
  const started = performance.now();
  const { events: most } = sizes[tier];
  const named = (events: number, of?: number) => progress("recording", events, of);
  try {
    const options = { source: server, seed, events: most, lost: LOST, signal, progress: named };
    const history = await recordAdapter(storage, options);
    const lost = history.events.filter(({ outcome }) => outcome === null).length;
    const covered = { events: history.events.length, lost };
    const findings = findingsOf(judge(history), history);
    return { rows: [rowOf("trace", started, covered, findings)], covered, findings };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const findings = [{ title: error.message, lines: [error.remedy], replay }];
    return { rows: [rowOf("trace", started, {}, findings)], covered: {}, findings };
  }
};

const checks: { readonly [N in CheckName]: Check } = {
  conform: conformCheck,
  lockstep: lockstepCheck,
  interleave: interleaveCheck,
  trace: traceCheck,
};

/** These checks, one after the other, on one server. */
export const runChecks = (
  names: readonly CheckName[],
  source: PgSource | PostgresServer,
  run: Run,
): Promise<Checked> =>
  onPostgres(source, async (server) => {
    const all: Checked[] = [];
    for (const name of names) all.push(await checks[name](server, run));
    return {
      rows: all.flatMap(({ rows }) => rows),
      covered: Object.assign({}, ...all.map(({ covered }) => covered)),
      findings: all.flatMap(({ findings }) => findings),
    };
  });
