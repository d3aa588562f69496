/** What is said of configurations that grow: a row for each size. */

import type { Finding, Row } from "../claims.js";
import { number, type Section } from "../report/report.js";
import { TLC_WORKERS } from "./checks.js";
import { growth, nameOf, type Growth, type GrowthOptions } from "./growth.js";
import { SEED_CFG, type Conformed } from "./sizes.js";
import { processorText } from "./surroundings.js";

export const growthSentence = "what a configuration costs as it grows; TLC and the explorer agree";

export async function growthSection(options: GrowthOptions): Promise<Section> {
  const started = performance.now();
  const grown = await growth(options);
  return growthSectionOf(grown, options.limit, (performance.now() - started) / 1_000);
}

/** A section of what was measured within these seconds. */
export function growthSectionOf(grown: readonly Growth[], limit: number, seconds: number): Section {
  const findings = grown.filter(disagree).map((each) => findingOf(each, limit));
  const largest = grown
    .filter(({ core }) => core.whole)
    .reduce<Growth | null>((a, b) => (a && a.core.states >= b.core.states ? a : b), null);
  return {
    id: "bench",
    sentence: growthSentence,
    verdict: findings.length > 0 ? "violated" : "holds",
    seconds,
    covered: {
      configurations: grown.length,
      whole: grown.filter(({ core, tlc }) => core.whole && tlc.whole).length,
      states: largest?.core.states ?? 0,
    },
    rows: grown.map(rowOf),
    findings,
    note:
      `${SEED_CFG} with other constants; ${limit} seconds at most for each of three. ` +
      (largest ? `The largest that the explorer ended: ${nameOf(largest.size)}. ` : "") +
      `${processorText()}; Node ${process.versions.node}; ` +
      `TLC with ${TLC_WORKERS} workers; conform on one connection.`,
  };
}

/** Where both know all states. */
const disagree = ({ core, tlc }: Growth): boolean =>
  core.whole && tlc.whole && core.states !== tlc.states;

function findingOf({ size, core, tlc }: Growth, limit: number): Finding {
  return {
    title: `${nameOf(size)}: the explorer and TLC disagree`,
    lines: [`explorer: ${number(core.states)} states`, `TLC: ${number(tlc.states)} states`],
    replay: `ringproof bench --growth --limit ${limit}`,
    offline: true,
  };
}

function rowOf({ size, core, bytes, tlc }: Growth): Row {
  const { states, edges, depth, conformed } = core;
  const facts = {
    states: core.whole ? states : `> ${number(states)}`,
    edges: core.whole ? edges : "",
    depth: core.whole ? depth : "",
    explorer: secondsText(core),
    MB: bytes === null ? "" : Math.round(bytes / 1e6),
    TLC: secondsText(tlc),
    databases: conformed?.databases ?? "",
    checks: conformed ? aboutText(conformed, conformed.checks) : "",
    conform: conformed ? `${aboutText(conformed, conformed.seconds)} s` : "",
  };
  const seconds = core.seconds + tlc.seconds + (conformed?.seconds ?? 0);
  const all = core.whole && tlc.whole && conformed?.walked === conformed?.databases;
  return all
    ? { name: nameOf(size), verdict: "holds", wording: "all of it", seconds, facts }
    : { name: nameOf(size), verdict: "empty", wording: "as far as it went", seconds, facts };
}

const secondsText = ({ seconds, whole }: Growth["tlc"]): string =>
  whole ? `${seconds.toFixed(1)} s` : `> ${seconds.toFixed(0)} s`;

/** Of all databases, by those that were walked. */
function aboutText({ databases, walked }: Conformed, value: number): string {
  if (walked === databases) return number(Number(value.toFixed(1)));
  return walked === 0 ? "?" : `about ${number(Math.round((value * databases) / walked))}`;
}
