/** How the checks that need no Postgres see a mutant: TLC the twin in TLA+, the graph the core. */

import { actions, type ActionName, type ActionTable } from "../../src/core/index.js";
import type { Context } from "../claims.js";
import { compareWithManifest } from "../tlc/manifest.js";
import { suiteRun } from "../tlc/suite.js";
import type { Bug } from "./bug.js";
import { coreBugs } from "./core-bugs.js";
import { strayedText, strays, type Explored } from "./core.js";
import { timed, type Look } from "./fate.js";
import type { Models } from "./models.js";

/** Each of its configurations is violated as the manifest says; told is the shortest trace. */
export const tlcLook = ({ tlc }: Bug, { manifest }: Models, context: Context): Promise<Look> =>
  timed(async () => {
    const found: number[] = [];
    for (const name of tlc) {
      const entry = manifest.find((each) => each.name === name)!;
      const { result } = await suiteRun(entry, context);
      if (entry.expect.verdict === "holds" || compareWithManifest(entry, result).length > 0)
        return { kill: null };
      found.push(entry.expect.steps);
    }
    return { kill: { check: "TLC", steps: Math.min(...found), how: tlc.join(", ") } };
  });

/** By the first of the wrong actions with another step than the graph has. */
export const graphLook = (
  table: Partial<ActionTable>,
  explored: readonly Explored[],
): Promise<Look> =>
  timed(async () => {
    const wrong = { ...actions, ...table };
    const ways = (Object.keys(table) as ActionName[]).flatMap(
      (action) => strays({ action, table: wrong }, explored) ?? [],
    );
    const [first] = ways.toSorted((a, b) => a.trace.length - b.trace.length);
    if (!first) return { kill: null };
    return { kill: { check: "graph", steps: first.trace.length, how: strayedText(first) } };
  });

/** The twin of a bug in the core, if it has one. */
export function coreTwin({ tlc }: Bug): Partial<ActionTable> | undefined {
  const name = tlc.find((config) => config in coreBugs);
  return name === undefined ? undefined : coreBugs[name];
}
