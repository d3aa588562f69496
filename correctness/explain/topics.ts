/** Everything that can be explained, by name. */

import { UserError } from "../../src/errors.js";
import { knownBugs, losses, type KnownBug } from "../mutants/known-bugs.js";
import { didYouMean } from "../tlc/nearest.js";
import { actionAbout, actionsOf, lossesOf, moduleNames, STORAGE } from "./places.js";
import { auditTexts } from "./sql-text.js";

export interface Topic {
  readonly kind: "action" | "property" | "bug";
  readonly name: string;
  /** Null for what rows alone show, and for bugs that the spec does not see. */
  readonly module: string | null;
  readonly about: string;
  readonly bug?: KnownBug;
}

const listThem = "List all names with: npx ringproof explain.";

export async function allTopics(): Promise<readonly Topic[]> {
  const actions = moduleNames.flatMap((module) =>
    actionsOf(module).map((name): Topic => {
      return { kind: "action", name, module, about: actionAbout(module, name) };
    }),
  );
  const properties = moduleNames.flatMap((module) =>
    Object.entries(lossesOf(module)).map(([name, about]): Topic => {
      return { kind: "property", name, module, about };
    }),
  );
  const audited = auditTexts()
    .filter(({ name }) => losses[name] === undefined)
    .map(({ name, comment }): Topic => {
      return { kind: "property", name, module: null, about: comment };
    });
  const bugs = (await knownBugs()).map((bug): Topic => {
    const module = bug.tlc[0]?.entry.module ?? null;
    return { kind: "bug", name: bug.name, module, about: bug.about, bug };
  });
  return [...actions, ...properties, ...audited, ...bugs];
}

/** A name that several modules have needs its module, unless one of them is the storage itself. */
export const fullName = ({ name, module }: Topic): string => `${module}.${name}`;

export const sameName = (a: Topic, b: Topic): boolean =>
  a.name.toLowerCase() === b.name.toLowerCase();

/** The topic of this name, however it is capitalised. */
export function topicOf(word: string, topics: readonly Topic[]): Topic {
  const wanted = word.toLowerCase();
  const found = topics.filter(
    (topic) =>
      topic.name.toLowerCase() === wanted ||
      (topic.kind !== "bug" && fullName(topic).toLowerCase() === wanted),
  );
  const [first] = found.filter(({ module }) => module === STORAGE);
  if (found.length <= 1 || first) return first ?? found[0] ?? unknown(word, topics);
  throw new UserError(
    `${found[0]!.name} is the name of several: ${found.map(fullName).join(", ")}.`,
    `Name one of them, as in: npx ringproof explain ${fullName(found[0]!)}.`,
  );
}

function unknown(word: string, topics: readonly Topic[]): never {
  const names = [...new Set(topics.map(({ name }) => name))];
  throw new UserError(
    `There is no action, invariant or bug named ${word}.`,
    didYouMean(word, names) + listThem,
  );
}
