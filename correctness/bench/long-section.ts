/** What a long run says: a row for each contestant and phase, and curves on the page. */

import type { Finding, Row } from "../claims.js";
import type { Curve, Plot } from "../report/plot.js";
import type { Section } from "../report/report.js";
import { median } from "../quantile.js";
import { deadOf } from "./exhibits.js";
import { appendOnly, total } from "./dead-tuples.js";
import { beginOf, longRun, phaseNames, type Lasted, type LongOptions } from "./long.js";
import type { LongRun, PhaseName } from "./long.js";
import { titles } from "./requests.js";
import { RATE } from "./round.js";
import { machineText, settingsText } from "./surroundings.js";

export const longSentence = "800 jobs a second for minutes, and beside a long reader";

export async function longSection(options: LongOptions): Promise<Section> {
  const started = performance.now();
  const run = await longRun(options);
  return longSectionOf(run, options, (performance.now() - started) / 1_000);
}

/** A section of what was measured within these seconds. */
export function longSectionOf(
  { lasted, surroundings }: LongRun,
  options: LongOptions,
  seconds: number,
): Section {
  const offered = Math.ceil(options.minutes * 60);
  const phases = lasted.flatMap((one) => phaseNames.map((name) => phaseOf(one, name, offered)));
  const rows = phases.map((phase) => rowOf(phase, seconds / phases.length));
  const findings = phases.filter(wrong).map(({ title, locks, told, appended }): Finding => {
    const lines = [
      `relation locks waited for: ${locks}`,
      ...told,
      `dead tuples in append-only tables: ${appended}`,
    ];
    const only = options.only.join(" ");
    const replay = `ringproof bench --long --minutes ${options.minutes} --only ${only}`;
    return { title: `${title}: waits for locks, or rows for vacuum`, lines, replay, offline: true };
  });
  return {
    id: "bench",
    sentence: longSentence,
    verdict: findings.length > 0 ? "violated" : "holds",
    seconds,
    covered: { contestants: lasted.length, minutes: options.minutes * lasted.length },
    rows,
    findings,
    numbers: Object.fromEntries(
      phases.map(({ title, own: _, told: __, ...numbers }) => [title, numbers]),
    ),
    exhibits: [deadOf(lasted.map((one) => [one.name, one.dead.map((look) => look.tuples)]))],
    plots: plotsOf(lasted, offered),
    note: `${RATE} jobs a second. ${machineText(surroundings)}. ${settingsText(surroundings)}.`,
  };
}

interface PhaseFigures {
  readonly title: string;
  /** Of the engine, which is judged. */
  readonly own: boolean;
  /** Completed a second, in half of the seconds more and in half less. */
  readonly rate: number;
  readonly backlog: number;
  /** Of the same seconds, in milliseconds. */
  readonly p99: number;
  readonly worstP99: number;
  readonly dead: number;
  /** In append-only tables. */
  readonly appended: number;
  readonly locks: number;
  readonly told: readonly string[];
}

const wrong = ({ own, locks, appended }: PhaseFigures): boolean => own && locks + appended > 0;

function phaseOf(lasted: Lasted, name: PhaseName, offered: number): PhaseFigures {
  const from = beginOf(name, offered);
  const next = phaseNames[phaseNames.indexOf(name) + 1];
  const end = next ? beginOf(next, offered) : Infinity;
  const within = (at: number) => at >= from && at < end;
  const seconds = lasted.seconds.filter((_, at) => within(at));
  const rates = counted(lasted.seconds, offered).filter(([at]) => within(at));
  const p99s = seconds.flatMap(({ p99 }) => p99 ?? []);
  const looks = lasted.dead.filter(({ at }) => within(at)).map(({ tuples }) => tuples);
  const backlogs = backlogOf(lasted, offered).filter((_, at) => within(at));
  const { logged, sampled, told } = lasted.waits[name];
  return {
    title: `${titles[lasted.name]}, ${name}`,
    own: lasted.name === "ringproof",
    rate: median(rates.map(([, completed]) => completed!)) ?? 0,
    backlog: backlogs.at(-1) ?? 0,
    p99: median(p99s) ?? 0,
    worstP99: Math.max(0, ...p99s),
    dead: Math.max(0, ...looks.map((tuples) => total(tuples))),
    appended: Math.max(0, ...looks.map((tuples) => total(tuples, appendOnly))),
    locks: logged + sampled,
    told,
  };
}

function rowOf(phase: PhaseFigures, seconds: number): Row {
  const facts = {
    "jobs/s": Math.round(phase.rate),
    backlog: phase.backlog,
    "p99 ms": Math.round(phase.p99),
    "worst p99 ms": Math.round(phase.worstP99),
    "dead tuples": phase.dead,
    ...(phase.own && { "append-only dead": phase.appended }),
    "lock waits": phase.locks,
  };
  const verdict = wrong(phase) ? "violated" : "holds";
  return { name: phase.title, verdict, ...(!phase.own && { wording: "" }), seconds, facts };
}

/** Jobs that were due and not done at the end of each second. */
function backlogOf({ seconds }: Lasted, offered: number): readonly number[] {
  let done = 0;
  return seconds.map(({ completed }, at) => {
    done += completed;
    return Math.max(0, RATE * Math.min(offered, at + 1) - done);
  });
}

/** So many points show a curve as well as more. */
const POINTS = 300;

function plotsOf(lasted: readonly Lasted[], offered: number): readonly Plot[] {
  const phases = phaseNames.map((name) => ({ name, from: beginOf(name, offered) }));
  const plot = (
    title: string,
    unit: string,
    of: (one: Lasted) => Curve["points"],
    worst = Math.max,
  ): Omit<Plot, "until"> => ({
    ...{ title, unit, phases },
    curves: lasted.map((one) => ({ name: titles[one.name], points: thinned(of(one), worst) })),
  });
  const plots = [
    plot("Completed", "jobs/s", ({ seconds }) => counted(seconds, offered), Math.min),
    plot("Backlog", "jobs", (one) => backlogOf(one, offered).map((jobs, at) => [at, jobs])),
    plot("p99", "ms", ({ seconds }) => seconds.map((s, at) => [at, s.p99])),
    plot("Dead in all tables", "tuples", ({ dead }) => dead.map((d) => [d.at, total(d.tuples)])),
  ];
  const points = plots.flatMap(({ curves }) => curves.flatMap((curve) => curve.points));
  const until = Math.max(offered, ...points.map(([at]) => at));
  return plots.map((each) => ({ ...each, until }));
}

/** While jobs came: afterwards there are fewer in any case. */
const counted = (seconds: Lasted["seconds"], offered: number): Curve["points"] =>
  seconds.slice(0, offered).map(({ completed }, at) => [at, completed]);

/** Of neighbours the worst, at the first one's time. */
function thinned(points: Curve["points"], worst: typeof Math.max): Curve["points"] {
  const size = Math.max(1, Math.ceil(points.length / POINTS));
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const some = points.slice(i * size, (i + 1) * size);
    const values = some.flatMap(([, value]) => value ?? []);
    return [some[0]![0], values.length === 0 ? null : worst(...values)];
  });
}
