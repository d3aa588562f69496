/**
 * The plans on disk: spec/lock-plans.json, and the module that is generated from it. Plans of one
 * operation that take the same locks behind the same labels are one.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import { grouped } from "../grouped.js";
import { callKinds, type CallKind, type Plan, type Step } from "./plan.js";

/** Where a plan was seen: the situation, and in which of the calls. */
export interface Seen {
  readonly situation: string;
  readonly calls: readonly CallKind[];
}

export interface SeenPlan {
  readonly operation: string;
  readonly seen: readonly Seen[];
  readonly steps: readonly Step[];
}

export interface Recording {
  /** The major version of the Postgres that took these locks. */
  readonly postgres: number;
  readonly plans: readonly SeenPlan[];
}

const spec = (name: string): string => join(packageRoot(), "spec", name);
export const plansFile = (): string => spec("lock-plans.json");
export const moduleFile = (): string => spec("LockPlans.tla");

/** In the order in which they are given. */
export function distinct(plans: readonly Plan[]): readonly SeenPlan[] {
  const byText = grouped(plans, ({ operation, steps }) => JSON.stringify([operation, steps]));
  return [...byText.values()].map((same) => {
    const bySituation = grouped(same, ({ situation }) => situation);
    const seen = [...bySituation].map(([situation, some]): Seen => {
      const kinds = some.map(({ call }) => call);
      return { situation, calls: callKinds.filter((kind) => kinds.includes(kind)) };
    });
    return { operation: same[0]!.operation, seen, steps: same[0]!.steps };
  });
}

/** One for each call. */
export const plansOf = ({ operation, seen, steps }: SeenPlan): readonly Plan[] =>
  seen.flatMap(({ situation, calls }) =>
    calls.map((call) => ({ operation, situation, call, steps })),
  );

/** One line for each step, and for each place where it was seen. */
export function plansText({ postgres, plans }: Recording): string {
  const list = (name: string, items: readonly unknown[]) =>
    items.length === 0
      ? `      "${name}": []`
      : `      "${name}": [\n${items.map((i) => `        ${spaced(i)}`).join(",\n")}\n      ]`;
  const texts = plans.map(({ operation, seen, steps }) =>
    [`    {`, `      "operation": "${operation}",`, `${list("seen", seen)},`, list("steps", steps)]
      .concat("    }")
      .join("\n"),
  );
  return `{\n  "postgres": ${postgres},\n  "plans": [\n${texts.join(",\n")}\n  ]\n}\n`;
}

const spaced = (value: unknown): string =>
  JSON.stringify(value, null, 1).replace(/\n\s*/g, " ").replaceAll("[ ", "[").replaceAll(" ]", "]");

export async function readPlans(file = plansFile()): Promise<Recording> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Recording;
  } catch (cause) {
    throw new UserError(
      `The lock plans cannot be read: ${(cause as Error).message}.`,
      "Record them with: npx ringproof locks --write.",
      { cause },
    );
  }
}

export async function writePlans(recording: Recording): Promise<void> {
  await writeFile(plansFile(), plansText(recording));
  await writeFile(moduleFile(), moduleText(recording));
}

const HEAD = `----------------------------- MODULE LockPlans -----------------------------
(* The locks that each operation takes, in order, as Postgres was seen to take *)
(* them; written by ringproof locks --write out of lock-plans.json, where the  *)
(* label of the statement behind each step is. A row is a table and its key, a *)
(* unique key an index and the key. Left out is what has an id that the call   *)
(* draws by itself, new1 or new2: nobody else can want it meanwhile.           *)

Wait(on, mode)   == [on |-> on, mode |-> mode, policy |-> "wait"]
NoWait(on, mode) == [on |-> on, mode |-> mode, policy |-> "nowait"]
Skip(on, mode)   == [on |-> on, mode |-> mode, policy |-> "skip"]
\\* A lock that is given back with a subtransaction, before the transaction ends.
Release(on, mode) == [on |-> on, mode |-> "Release", policy |-> mode]
`;

const operators: Readonly<Record<string, string>> = { nowait: "NoWait", skip: "Skip" };

const stepText = ({ on, mode, policy }: Step): string =>
  mode === "Release"
    ? `Release("${on}", "${policy}")`
    : `${operators[policy] ?? "Wait"}("${on}", "${mode}")`;

const WIDTH = 96;

/** A comment of as many lines as it needs. */
function comment(text: string): string {
  const lines = [""];
  for (const word of text.replaceAll("→", "->").split(" ")) {
    if (lines.at(-1)!.length + word.length > WIDTH - 7) lines.push("  ");
    lines[lines.length - 1] += ` ${word}`;
  }
  return lines.map((line) => `  \\*${line}`).join("\n");
}

/** Whether somebody else may want the same: nobody knows an id that this call draws by itself. */
export const isShared = ({ on }: Step): boolean => !/#(?:.*\/)?new\d+(?:\/|$)/.test(on);

/** Plans that differ in labels only are one to the model. */
export function moduleText({ plans }: Recording): string {
  const shared = plans.map((plan) => ({ ...plan, steps: plan.steps.filter(isShared) }));
  const byText = grouped(shared, ({ operation, steps }) =>
    JSON.stringify([operation, steps.map(stepText)]),
  );
  const texts = [...byText.values()].map((same) => {
    const { operation, steps } = same[0]!;
    const seen = same.flatMap((plan) => plan.seen);
    const places = seen.map(({ situation, calls }) => comment(`${situation}; ${calls.join(", ")}`));
    const lines = steps.map((step) => `      ${stepText(step)}`);
    const tuple = lines.length === 0 ? "<< >>" : `<<\n${lines.join(",\n")} >>`;
    return [...places, `  [op |-> "${operation}", steps |-> ${tuple}]`].join("\n");
  });
  return `${HEAD}\nPlans == <<\n${texts.join(",\n")}\n>>\n${"=".repeat(77)}\n`;
}
