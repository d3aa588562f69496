/** The story of a property: what a user loses, how it is defined, and what breaks it. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunContext } from "../claims.js";
import { specDir } from "../explore/scope.js";
import type { KnownBug } from "../mutants/known-bugs.js";
import { parseCfg } from "../tlc/cfg.js";
import type { ManifestEntry } from "../tlc/manifest.js";
import { positive } from "../tlc/suite.js";
import { auditSources, propertySources } from "./places.js";
import { negativeRun } from "./runs.js";
import { specLibrary } from "./spec-text.js";
import type { Command, Run, Story } from "./story.js";
import { told } from "./told.js";
import type { Topic } from "./topics.js";

/** What TLA+ says of it: of a state, of a step, or of whole behaviours. */
function kindOf(module: string, name: string): string {
  const { text } = specLibrary(module).find(name)!;
  if (text.includes("!Spec")) return "every behaviour must be one of the contract";
  if (text.includes("~>") || text.includes("[]<>")) return "it must hold of every fair behaviour";
  return text.includes("[][") ? "it must hold of every step" : "it must hold in every state";
}

/** The configurations that hold with it, the smallest first. */
function checkedIn(name: string, manifest: readonly ManifestEntry[]): readonly string[] {
  return manifest
    .filter(positive)
    .filter(({ cfg }) => {
      const { invariants, properties } = parseCfg(readFileSync(join(specDir(), cfg), "utf8"), cfg);
      return [...invariants, ...properties].includes(name);
    })
    .sort((a, b) => a.expect.distinct - b.expect.distinct)
    .map((entry) => entry.name);
}

const breaking = (name: string, bugs: readonly KnownBug[]) =>
  bugs
    .flatMap((bug) => bug.tlc.map(({ entry }) => ({ bug, entry })))
    .filter(({ bug, entry }) => entry.expect.property === name && bug.name === entry.name)
    .sort((a, b) => Number(b.bug.core) - Number(a.bug.core))
    .sort((a, b) => a.entry.expect.steps - b.entry.expect.steps);

/** The shortest of the counterexamples. */
function runOf(name: string, bugs: readonly KnownBug[], context: RunContext): Promise<Run> | null {
  const [first] = breaking(name, bugs);
  return first ? negativeRun(first.entry, context) : null;
}

function commandsOf(name: string, configs: readonly string[]): Command[] {
  const [first] = configs;
  const core = { command: `ringproof explore ${first}`, shows: "in the core alone, without Java" };
  const tlc = { command: `ringproof tlc ${first}`, shows: "in every state or step, in TLC" };
  const audit = { command: "ringproof audit --schema <name>", shows: "in a database of yours" };
  return [...(first ? [tlc, core] : []), ...(auditSources(name).length > 0 ? [audit] : [])];
}

/** Of a property that only rows of Postgres show. */
const auditStory = ({ name, about }: Topic): Story => ({
  kind: "property",
  name,
  module: null,
  about: "it must hold of the rows of a database; the model has nothing to ask it of",
  loss: about,
  facts: {},
  sources: auditSources(name),
  exchanges: [],
  run: null,
  whyNoRun: "Only rows of Postgres can break it: test/postgres/audit.mutants.test.ts does.",
  bugs: [],
  commands: commandsOf(name, []),
  see: [],
});

export async function propertyStory(
  topic: Topic,
  manifest: readonly ManifestEntry[],
  bugs: readonly KnownBug[],
  context: RunContext,
): Promise<Story> {
  const { name, module, about } = topic;
  if (module === null) return auditStory(topic);
  const configs = checkedIn(name, manifest);
  const related = breaking(name, bugs).map(({ bug }) => ({ name: bug.name, about: bug.about }));
  return {
    kind: "property",
    name,
    module,
    about: kindOf(module, name),
    loss: about,
    facts: { "checked in": `${configs.length} configurations` },
    sources: propertySources(module, name),
    exchanges: [],
    ...(await told(() => runOf(name, bugs, context), "No bug is known that breaks it.")),
    bugs: related,
    commands: commandsOf(name, configs),
    see: [],
  };
}
