/** What became of every item in every column: a zero where it must occur is a finding. */

import { tiers, type Claim, type ClaimResult, type Finding, type Tier } from "../claims.js";
import { columns, Counts, type Column, type Kind } from "./counts.js";
import type { Item } from "./items.js";

/** A claim that counts, and what came of it. */
export interface Counted {
  readonly claim: Pick<Claim, "id" | "fills">;
  readonly result: Pick<ClaimResult, "verdict" | "counts">;
}

/**
 * `none`: it has no place there, or nobody counted; `open`: whoever counts did not come to the end;
 * `later`: it has a place there from a later tier on.
 */
export interface Cell {
  readonly n: number;
  readonly state: "there" | "zero" | "open" | "later" | "none";
}

export interface Judged {
  readonly item: Item;
  readonly cells: Readonly<Record<Column, Cell>>;
}

export interface Judgement {
  readonly rows: readonly Judged[];
  readonly findings: readonly Finding[];
  /** Claims that did not come to the end. */
  readonly open: readonly Counted[];
}

export interface JudgeOptions {
  readonly tier: Tier;
  readonly seed: number;
  /** Whether conform and lockstep counted labelled statements; interleave always does. */
  readonly labels: boolean;
}

/** Who counts such things in that column. */
const counting = (all: readonly Counted[], column: Column, kind: Kind, labels: boolean) =>
  kind === "label" && !labels && (column === "conform" || column === "lockstep")
    ? []
    : all.filter(({ claim }) => claim.fills?.[column]?.includes(kind));

export function judge(
  items: readonly Item[],
  all: readonly Counted[],
  options: JudgeOptions,
): Judgement {
  const { tier, labels } = options;
  const counts = new Counts();
  for (const { result } of all) if (result.counts) counts.merge(result.counts);
  const cell = ({ kind, name, applies, later }: Item, column: Column): Cell => {
    const n = counts.of(column, name);
    const by = counting(all, column, kind, labels);
    if (!applies.includes(column) || by.length === 0) return { n, state: n > 0 ? "there" : "none" };
    if (n > 0) return { n, state: "there" };
    if (by.some(({ result }) => result.verdict !== "holds")) return { n, state: "open" };
    const first = later?.[column];
    const tooEarly = first !== undefined && tiers.indexOf(first) > tiers.indexOf(tier);
    return { n, state: tooEarly ? "later" : "zero" };
  };
  const rows = items.map((item): Judged => {
    const cells = Object.fromEntries(columns.map((column) => [column, cell(item, column)]));
    return { item, cells: cells as Record<Column, Cell> };
  });
  const open = all.filter(({ result }) => result.verdict !== "holds");
  return { rows, findings: findingsOf(rows, options), open };
}

const kinds: readonly Kind[] = ["action", "answer", "property", "label"];

const never: Readonly<Record<Kind, string>> = {
  action: "actions never taken",
  answer: "answers never given",
  property: "properties never looked at",
  label: "statements never executed",
};

const inTier = "Add a configuration of this tier to spec/manifest.json";
const onPostgres =
  "Add a configuration in which that is so to those of this tier in correctness/conform.";
const area = "Add an area in which that is so to correctness/interleave/scopes.ts.";

const workload = "Raise its weight, or aim for it, in correctness/trace/workload.ts.";

/** What to do. */
const remedies: Readonly<Record<Column, Readonly<Record<Kind, string>>>> = {
  TLC: {
    action: `${inTier} in which it is enabled.`,
    answer: `${inTier} in which it is given.`,
    property: "Name it among the INVARIANTS or PROPERTIES of a .cfg of this tier that holds.",
    label: "",
  },
  core: {
    action: `${inTier} in which it is enabled.`,
    answer: `${inTier} in which it is given.`,
    property: "Add it to the invariants or step properties of its machine in src/core.",
    label: "",
  },
  conform: { action: onPostgres, answer: onPostgres, property: "", label: onPostgres },
  lockstep: {
    action: "Raise its weight in correctness/lockstep/choices.ts.",
    answer: "Aim for it in correctness/lockstep/calls.ts.",
    property: "",
    label: "Where no action calls its function, correctness/lockstep/upkeep.ts does.",
  },
  interleave: { action: area, answer: area, property: "", label: area },
  trace: { action: workload, answer: workload, property: "", label: "" },
  mutants: {
    action: "Add a bug that breaks it to correctness/mutants.",
    answer: "Add a bug that breaks it to correctness/mutants.",
    property: "Add a negative configuration that breaks it to spec/manifest.json.",
    label: "Add a bug that breaks it to correctness/mutants.",
  },
};

/** The first of them, and how many there are besides. */
const some = (names: readonly string[]): string =>
  names.length <= FEW
    ? names.join(", ")
    : `${names.slice(0, FEW).join(", ")} and ${names.length - FEW} more`;

const FEW = 3;

/** One for each kind of things and each column. */
function findingsOf(rows: readonly Judged[], { tier, seed }: JudgeOptions): Finding[] {
  return columns.flatMap((column) =>
    kinds.flatMap((kind): Finding[] => {
      const zeros = rows.filter(
        ({ item, cells }) => item.kind === kind && cells[column].state === "zero",
      );
      if (zeros.length === 0) return [];
      const names = zeros.map(({ item }) => item.name);
      const what = column === "mutants" ? `${kind}: broken by nobody` : never[kind];
      return [
        {
          title: `${column}: ${what}: ${some(names)}`,
          lines: [...names, "What does not occur is not checked there.", remedies[column][kind]],
          replay: `ringproof coverage --tier ${tier} --seed ${seed}`,
        },
      ];
    }),
  );
}
