/** C7: whatever is wrong on purpose is found, by each check that claims to find it. */

import type { Claim, ClaimResult, Context, Finding } from "../claims.js";
import { Counts } from "../coverage/counts.js";
import { choose, type Subject } from "./choose.js";
import { endOf, falseAlarms, type End, type Fate, type Look } from "./fate.js";
import type { CheckName } from "./hunter.js";
import { rows, type Judged } from "./matrix.js";
import { readModels, type Models } from "./models.js";
import { huntAll, type Mutant } from "./run.js";
import { serverOf } from "../server.js";
import { findTools } from "../tlc/suite.js";
import { recordSettings } from "../trace/record.js";
import { coreTwin, graphLook, tlcLook } from "./spec-looks.js";

/** What the graph says of it, before Postgres is asked. */
async function byGraph(subject: Subject, models: Models): Promise<Fate> {
  const looks = new Map<CheckName, Look>();
  const { name } = subject;
  const fate = (about: string): Fate => ({ name, about, looks, every: subject.kind === "bug" });
  if (subject.kind === "bug") {
    const { bug } = subject;
    const twin = coreTwin(bug);
    if (twin) looks.set("graph", await graphLook(twin, models.explored));
    return fate(bug.about);
  }
  const { mutant } = subject;
  if (subject.kind === "core") {
    const { action, table } = subject.mutant;
    looks.set("graph", await graphLook({ [action]: table[action] }, models.explored));
  }
  return fate(mutant.about);
}

/** What is still to be looked for on Postgres. */
function onPostgres(subject: Subject, { looks }: Fate): Mutant | null {
  if (subject.kind === "bug") return subject.bug.sql;
  return looks.get("graph")?.kill ? null : subject.mutant;
}

const merged = (one: Fate, other: Fate): Fate => ({
  ...one,
  ...other,
  looks: new Map([...one.looks, ...other.looks]),
});

const hasTlc = (subject: Subject): subject is Extract<Subject, { readonly kind: "bug" }> =>
  subject.kind === "bug" && subject.bug.tlc.length > 0;

/** What TLC says of the bugs. */
async function byTlc(
  subjects: readonly Subject[],
  models: Models,
  context: Context,
): Promise<ReadonlyMap<string, Look>> {
  const looks = new Map<string, Look>();
  for (const subject of subjects) {
    if (!hasTlc(subject)) continue;
    looks.set(subject.name, await tlcLook(subject.bug, models, context));
    context.signal.throwIfAborted();
  }
  return looks;
}

const afterTlc = (look: Look | undefined, fate: Fate): Fate =>
  look ? { ...fate, looks: new Map([["TLC", look], ...fate.looks]) } : fate;

async function onServer(
  wanted: readonly Mutant[],
  models: Models,
  context: Context,
  onFate: (fate: Fate) => void,
): Promise<void> {
  if (wanted.length === 0) return;
  const server = await serverOf(context, recordSettings);
  const { signal } = context;
  await huntAll(server, wanted, models, { signal, onFate }).finally(() => server.stop());
}

async function judge(
  subjects: readonly Subject[],
  models: Models,
  context: Context,
): Promise<readonly Judged[]> {
  const fates = new Map<string, Fate>();
  const wanted: Mutant[] = [];
  for (const subject of subjects) {
    const fate = await byGraph(subject, models);
    fates.set(subject.name, fate);
    const mutant = onPostgres(subject, fate);
    if (mutant) wanted.push(mutant);
    context.progress("mutants of the core", fates.size, subjects.length);
    context.signal.throwIfAborted();
  }
  let done = 0;
  const onFate = (fate: Fate) => {
    fates.set(fate.name, merged(fates.get(fate.name)!, fate));
    context.progress("mutants on Postgres", ++done, wanted.length);
  };
  // Without Java there is nothing to wait for.
  if (subjects.some(hasTlc)) await findTools(context);
  // It and Postgres keep one core busy each.
  const hunted = onServer(wanted, models, context, onFate);
  // Who fails first is heard when both have ended.
  hunted.catch(() => undefined);
  const tlc = await byTlc(subjects, models, context).finally(() => hunted);
  await hunted;
  return subjects.map((subject) => {
    const { name } = subject;
    return { subject, fate: afterTlc(tlc.get(name), fates.get(name)!) };
  });
}

const lossOf = (subject: Subject): readonly string[] =>
  subject.kind === "bug" ? [`what a user loses: ${subject.bug.loss}`] : [];

/** What is wrong with a fate, in one sentence. */
const problem: { readonly [E in End]?: (fate: Fate) => string } = {
  survived: ({ name, looks }) => {
    const blind = [...looks].flatMap(([check, { kill }]) => (kill ? [] : [check]));
    return `${name} survives: ${blind.join(", ") || "no check"} does not see it`;
  },
  "not equivalent": ({ name }) => `${name} is listed as equivalent, and can be told apart`,
};

function findingsOf({ subject, fate }: Judged): readonly Finding[] {
  const { name, about, looks } = fate;
  const seen = [...looks].flatMap(([check, { kill }]) =>
    kill ? [`${check} finds: ${kill.how}`] : [],
  );
  const finding = (title: string, more: readonly string[]): Finding => ({
    title,
    lines: [about, ...lossOf(subject), ...more],
    replay: `ringproof mutants --only ${name}`,
  });
  const told = problem[endOf(fate)]?.(fate);
  return [
    ...(told === undefined ? [] : [finding(told, seen)]),
    ...falseAlarms(fate).map(({ check, how }) =>
      finding(`${name}: ${check} finds something where nothing is changed`, [how]),
    ),
  ];
}

/** What each mutant breaks that is found: a statement; an action, and what it no longer answers. */
function countsOf(judged: readonly Judged[]): Counts {
  const counts = new Counts();
  for (const { subject, fate } of judged) {
    if (endOf(fate) !== "killed") continue;
    if (subject.kind === "SQL" && subject.mutant.label) counts.add("mutants", subject.mutant.label);
    if (subject.kind === "bug")
      for (const action of Object.keys(coreTwin(subject.bug) ?? {})) counts.add("mutants", action);
    if (subject.kind !== "core") continue;
    const { action, silent } = subject.mutant;
    if (silent) counts.answer("mutants", action, silent);
    else counts.add("mutants", action);
  }
  return counts;
}

async function run(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  const models = await readModels();
  const judged = await judge(choose(models, context), models, context);
  const findings = judged.flatMap(findingsOf);
  const count = (end: End) => judged.filter(({ fate }) => endOf(fate) === end).length;
  return {
    id: "C7",
    verdict: findings.length > 0 ? "violated" : "holds",
    seconds: (performance.now() - started) / 1000,
    covered: {
      mutants: judged.length - count("stillborn"),
      killed: count("killed"),
      survived: count("survived"),
      equivalent: count("equivalent"),
    },
    rows: rows(judged, context.configs.length > 0),
    findings,
    counts: countsOf(judged),
  };
}

export const mutantsClaim: Claim = {
  id: "C7",
  command: "mutants",
  sentence: "every bug that is planted is found, by each check that claims to find it",
  covers: ["mutants", "killed", "survived", "equivalent"],
  needs: ["pg", "seed"],
  fills: { mutants: ["action", "label"] },
  run,
};
