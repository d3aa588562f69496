/** What a bench of the checks says: a row for each goal. */

import { loadavg } from "node:os";
import { median } from "../quantile.js";
import type { Section } from "../report/report.js";
import {
  checksBench,
  TLC_HEAP_MB,
  TLC_WORKERS,
  type Asked,
  type ChecksOptions,
  type ChecksRound,
  type Exploration,
} from "./checks.js";
import { met, rounded, valueText, type Bound, type Judged } from "./goals.js";
import { findingOf, rowOf } from "./section.js";
import { processorText, roundsText } from "./surroundings.js";

export const checksSentence = "the checks are fast: the explorer beside TLC, and round trips";

export async function checksSection(options: ChecksOptions): Promise<Section> {
  const started = performance.now();
  const load = loadavg()[0]!;
  const rounds = await checksBench(options);
  return checksSectionOf(rounds, load, (performance.now() - started) / 1_000);
}

/** A section of what was measured within these seconds. */
export function checksSectionOf(
  rounds: readonly ChecksRound[],
  load: number,
  seconds: number,
): Section {
  const speeds = explorations(rounds, "over TLC's, states a second", { atLeast: 3 }, speed);
  const memory = explorations(rounds, "memory a state, over TLC's", { atMost: 1 }, bytesAState);
  const conform = trips(rounds, "conform, a check", { atMost: 4 }, "conform");
  const interleave = trips(rounds, "interleave, a schedule of two", { atMost: 40 }, "interleave");
  const judged = [...speeds, ...memory, conform, interleave];
  const missed = judged.filter(({ met }) => met === false);
  const least = Math.min(...speeds.map(({ value }) => value ?? Infinity));
  return {
    id: "bench",
    sentence: checksSentence,
    verdict: missed.length > 0 ? "violated" : "holds",
    seconds,
    covered: {
      configurations: speeds.length,
      rounds: rounds.length,
      goals: judged.filter(({ met }) => met !== null).length,
      missed: missed.length,
    },
    rows: judged.map((each) => rowOf(each, seconds)),
    findings: missed.map((each) =>
      findingOf(each, `ringproof bench --checks --rounds ${rounds.length}`),
    ),
    note:
      `${roundsText(rounds.length)}. ${processorText()}, ` +
      `load ${load.toFixed(1)} before it; Node ${process.versions.node}; ` +
      `TLC with ${TLC_WORKERS} workers and a heap of ${TLC_HEAP_MB} MB.`,
    line: {
      explorerOverTlc: speeds.length > 0 ? rounded(least) : null,
      conformRoundTrips: rounded(conform.value),
      interleaveRoundTrips: rounded(interleave.value),
    },
  };
}

const speed = ({ states, seconds }: Exploration): number => states / seconds;

const bytesAState = ({ states, bytes }: Exploration): number | null =>
  bytes === null ? null : bytes / states;

/** Of each configuration: what the explorer's is, as so many times TLC's. */
function explorations(
  rounds: readonly ChecksRound[],
  what: string,
  bound: Bound,
  of: (exploration: Exploration) => number | null,
): Judged[] {
  return rounds[0]!.explored.map(({ name }, i) => {
    const both = rounds.map(({ explored }) => explored[i]!);
    const ratios = both.flatMap(({ core, tlc }) => {
      const [ours, theirs] = [of(core), of(tlc)];
      return ours === null || theirs === null ? [] : [ours / theirs];
    });
    const [core, tlc] = (["core", "tlc"] as const).map((who) =>
      valueText(median(both.flatMap((each) => of(each[who]) ?? []))),
    );
    const told = { explorer: core!, TLC: tlc! };
    return judgedAs(`explorer on ${name}: ${what}`, bound, median(ratios), told);
  });
}

/** What it costs, in round trips of the same round. */
function trips(
  rounds: readonly ChecksRound[],
  title: string,
  bound: Bound,
  of: "conform" | "interleave",
): Judged {
  const tripsOf = ({ ms, roundTripMs }: Asked) => ms / roundTripMs;
  const medianOf = (read: (round: ChecksRound) => number) => median(rounds.map(read));
  const ms = (read: (asked: Asked) => number) => {
    const value = medianOf((round) => read(round[of]));
    return `${value!.toLocaleString("en", { maximumSignificantDigits: 2 })} ms`;
  };
  const alone = medianOf(({ calls }) => 2 * tripsOf(calls));
  const told = {
    "costs in all": ms((asked) => asked.ms),
    "round trip": ms((asked) => asked.roundTripMs),
    ...(of === "interleave" && {
      "its two calls alone": `${valueText(alone)} round trips`,
    }),
  };
  return judgedAs(
    `${title}, in round trips`,
    bound,
    medianOf((round) => tripsOf(round[of])),
    told,
  );
}

const judgedAs = (
  title: string,
  bound: Bound,
  value: number | null,
  told: Judged["told"],
): Judged => ({ goal: { title, bound }, value, met: met(bound, value), told });
