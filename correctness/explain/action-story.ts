/** The story of an action: what it does and refuses, where it is written, and how to get there. */

import { actions, type ActionName } from "../../src/core/index.js";
import { focusedTwins } from "../../src/postgres/focused-twins.js";
import type { KnownBug } from "../mutants/known-bugs.js";
import type { ManifestEntry } from "../tlc/manifest.js";
import { reach } from "./library.js";
import { mappingTable } from "./mapping.js";
import { actionSources, STORAGE } from "./places.js";
import { actionRun } from "./runs.js";
import { extendsModule, specLibrary } from "./spec-text.js";
import type { Command, Related, Run, Story } from "./story.js";
import type { Topic } from "./topics.js";

function answersOf(module: string, name: string): Readonly<Record<string, string>> {
  if (module === STORAGE) {
    const { family, answers } = actions[name as ActionName];
    const [success, ...refusals] = answers;
    const refused = refusals.join(", ") || "nothing";
    return { family, "answers, if it succeeds": success!, "refuses, in this order": refused };
  }
  const answers = focusedTwins[module]?.answers[name];
  return answers ? { answers: answers.join(", ") } : {};
}

/**
 * Whether what is wrong is something that the action uses, directly or not: by the spec where it
 * has the bug, else by the SQL.
 */
function goesThrough(module: string, name: string, bug: KnownBug): boolean {
  const inSpec = bug.tlc.filter(({ entry }) => extendsModule(entry.module, module));
  if (inSpec.length === 0) {
    const sql = module === STORAGE && bug.sql?.name === bug.name ? bug.sql : null;
    return sql?.actions.includes(name as ActionName) ?? false;
  }
  const library = specLibrary(module);
  const used = new Set([...reach(library, library.find(name)!)].map((part) => part.name));
  return inSpec.some(({ overrides }) => Object.keys(overrides).some((one) => used.has(one)));
}

export const bugsThrough = (
  module: string,
  name: string,
  bugs: readonly KnownBug[],
): readonly Related[] =>
  bugs.filter((bug) => goesThrough(module, name, bug)).map(({ name, about }) => ({ name, about }));

/** The claims that its row of MAPPING.md names; of others, what covers every module. */
function claimsOf(module: string, name: string): readonly string[] {
  const cells =
    module === STORAGE
      ? mappingTable("Actions").find(([action]) => action === name)
      : mappingTable("Focused actions").find(([action, of]) => action === name && of === module);
  return cells?.at(-1)?.split(" ") ?? ["C1", "C2"];
}

function commandsOf(module: string, name: string, { configuration: config }: Run): Command[] {
  const all: Readonly<Record<string, Command>> = {
    C1: { command: `tlc ${config}`, shows: "every state, in TLC" },
    C2: { command: `graph ${config}`, shows: "every edge, in TLC and in the core" },
    C3: { command: `conform ${config}`, shows: "on every state, on Postgres" },
    C4: { command: "lockstep", shows: "in random runs of all three" },
    C5: { command: `interleave ${name}`, shows: "beside whatever meets it" },
    C6: { command: `locks ${name}`, shows: "the locks that it takes" },
    C8: { command: "trace", shows: "by workers all at once" },
  };
  return claimsOf(module, name).map((claim) => {
    const { command, shows } = all[claim]!;
    return { command: `ringproof ${command}`, shows: `${claim}: ${shows}` };
  });
}

export async function actionStory(
  { name, module, about }: Topic,
  manifest: readonly ManifestEntry[],
  bugs: readonly KnownBug[],
): Promise<Story> {
  const run = await actionRun(manifest, module!, name);
  return {
    kind: "action",
    name,
    module,
    about,
    facts: answersOf(module!, name),
    sources: actionSources(module!, name),
    exchanges: [],
    run,
    bugs: bugsThrough(module!, name, bugs),
    commands: commandsOf(module!, name, run),
    see: [],
  };
}
