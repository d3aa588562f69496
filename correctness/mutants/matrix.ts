/** The matrix: a row for each bug, and for each kind of systematic mutant; a column for a check. */

import type { Row } from "../claims.js";
import { grouped } from "../grouped.js";
import { stepsText } from "../report/calls.js";
import type { Subject } from "./choose.js";
import { endOf, falseAlarms, secondsOf, type End, type Fate, type Look } from "./fate.js";
import { checkNames, type CheckName } from "./hunter.js";

/** A subject, and what became of it. */
export interface Judged {
  readonly subject: Subject;
  readonly fate: Fate;
}

const fine: readonly End[] = ["killed", "equivalent", "stillborn"];

const wrong = (fate: Fate): boolean => !fine.includes(endOf(fate)) || falseAlarms(fate).length > 0;

/** Blank where the check does not claim to find it, or where another one was first. */
function cell(look: Look | undefined): string {
  if (!look) return "";
  if (look.falsely) return "false alarm";
  return `${look.kill ? stepsText(look.kill.steps) : "nothing"}, ${look.seconds.toFixed(1)} s`;
}

const cells = (of: (check: CheckName) => string | number): Row["facts"] =>
  Object.fromEntries(checkNames.map((check) => [check, of(check)]));

function single({ fate }: Judged): Row {
  const { name, looks } = fate;
  return {
    name,
    verdict: wrong(fate) ? "violated" : "holds",
    wording: falseAlarms(fate).length > 0 ? "false alarm" : endOf(fate),
    seconds: secondsOf(fate),
    facts: cells((check) => cell(looks.get(check))),
  };
}

/** How many were found, and by which check first. */
function group(name: string, some: readonly Judged[]): Row {
  const ends = some.map(({ fate }) => endOf(fate));
  const by = (check: CheckName) => some.filter(({ fate }) => fate.looks.get(check)?.kill).length;
  const told = (["killed", "survived", "equivalent", "stillborn", "not equivalent"] as const)
    .map((end) => [end, ends.filter((each) => each === end).length] as const)
    .filter(([, count]) => count > 0);
  return {
    name,
    verdict: some.some(({ fate }) => wrong(fate)) ? "violated" : "holds",
    wording: told.map(([end, count]) => `${count} ${end}`).join(", "),
    seconds: some.reduce((sum, { fate }) => sum + secondsOf(fate), 0),
    facts: cells((check) => by(check) || ""),
  };
}

const kindOf = ({ kind, name }: Subject): string => `${kind}: ${name.split(".")[1]}`;

/** Systematic mutants are told one by one if they were asked for. */
export function rows(all: readonly Judged[], oneByOne: boolean): readonly Row[] {
  const apart = ({ subject }: Judged) => oneByOne || subject.kind === "bug";
  const rest = all.filter((one) => !apart(one));
  const kinds = [...grouped(rest, ({ subject }) => kindOf(subject))];
  return [...all.filter(apart).map(single), ...kinds.map(([kind, some]) => group(kind, some))];
}
