/** What is said of configurations that grow: a row for each size. */

import type { Finding, Row } from "../claims.js";
import { number, type Section } from "../report/report.js";
import { TLC_WORKERS } from "./checks.js";
import { growth, nameOf, type Growth, type GrowthOptions } from "./growth.js";
import { SEED_CFG, ways, type Conformed, type Grown } from "./sizes.js";
import { processorText } from "./surroundings.js";

export const growthSentence = "what a configuration costs as it grows; TLC and the explorer agree";

export async function growthSection(options: GrowthOptions): Promise<Section> {
  const started = performance.now();
  const grown = await growth(options);
  return growthSectionOf(grown, options, (performance.now() - started) / 1_000);
}

type Asked = Pick<GrowthOptions, "limit" | "explorerAlone" | "ways">;

/** A section of what was measured within these seconds. */
export function growthSectionOf(grown: readonly Growth[], asked: Asked, seconds: number): Section {
  const findings = grown.filter(disagree).map((each) => findingOf(each, asked));
  return {
    id: "bench",
    sentence: growthSentence,
    verdict: findings.length > 0 ? "violated" : "holds",
    seconds,
    covered: {
      configurations: grown.length,
      whole: grown.filter((each) => whole(each, asked)).length,
      states: largestOf(grown)?.core.states ?? 0,
    },
    rows: grown.map((each) => rowOf(each, asked)),
    findings,
    note: noteOf(grown, asked),
  };
}

/** Of those that the explorer has ended. */
const largestOf = (grown: readonly Growth[]): Growth | null =>
  grown
    .filter(({ core }) => core.whole)
    .reduce<Growth | null>((a, b) => (a && a.core.states >= b.core.states ? a : b), null);

/** Whether all that were asked have come to their ends. */
const whole = ({ core, tlc }: Growth, { explorerAlone = false }: Asked): boolean =>
  core.whole &&
  (explorerAlone || (tlc?.whole === true && core.conformed?.walked === core.conformed?.databases));

function noteOf(grown: readonly Growth[], { limit, explorerAlone = false }: Asked): string {
  const largest = largestOf(grown);
  const others = `; TLC with ${TLC_WORKERS} workers; conform on one connection`;
  return (
    `${SEED_CFG} with other constants; ${number(limit)} seconds at most for each thing. ` +
    (largest ? `The largest that the explorer ended: ${nameOf(largest.size)}. ` : "") +
    `${processorText()}; Node ${process.versions.node}${explorerAlone ? "" : others}.`
  );
}

/** The command line that measures the same. */
export function growthCommand({ limit, explorerAlone = false, ways: some }: Asked): string {
  const names = Object.keys(some);
  const which = names.length < Object.keys(ways).length ? ["", ...names].join(" ") : "";
  return `ringproof bench --growth${which} --limit ${limit}${explorerAlone ? " --explorer" : ""}`;
}

/** Where both know all states. */
const disagree = ({ core, tlc }: Growth): boolean =>
  core.whole && tlc?.whole === true && core.states !== tlc.states;

function findingOf({ size, core, tlc }: Growth, asked: Asked): Finding {
  return {
    title: `${nameOf(size)}: the explorer and TLC disagree`,
    lines: [`explorer: ${number(core.states)} states`, `TLC: ${number(tlc!.states)} states`],
    replay: growthCommand(asked),
    offline: true,
  };
}

function rowOf(each: Growth, asked: Asked): Row {
  const { size, core, tlc } = each;
  const seconds = core.seconds + (tlc?.seconds ?? 0) + (core.conformed?.seconds ?? 0);
  const row = { name: nameOf(size), seconds, facts: factsIn(each) };
  return whole(each, asked)
    ? { ...row, verdict: "holds", wording: "all of it" }
    : { ...row, verdict: "empty", wording: "as far as it went" };
}

function factsIn({ core, bytes, tlc }: Growth): Row["facts"] {
  const { states, edges, depth, conformed } = core;
  return {
    states: core.whole ? states : `> ${number(states)}`,
    edges: core.whole ? edges : "",
    depth: core.whole ? depth : "",
    explorer: secondsText(core),
    MB: bytes === null ? "" : Math.round(bytes / 1e6),
    TLC: tlc ? secondsText(tlc) : "",
    databases: conformed?.databases ?? "",
    checks: conformed ? aboutText(conformed, conformed.checks) : "",
    conform: conformed ? `${aboutText(conformed, conformed.seconds)} s` : "",
  };
}

const secondsText = ({ seconds, whole }: Pick<Grown, "seconds" | "whole">): string =>
  whole ? `${seconds.toFixed(1)} s` : `> ${seconds.toFixed(0)} s`;

/** Of all databases, by those that were walked. */
function aboutText({ databases, walked }: Conformed, value: number): string {
  if (walked === databases) return number(Number(value.toFixed(1)));
  return walked === 0 ? "?" : `about ${number(Math.round((value * databases) / walked))}`;
}
