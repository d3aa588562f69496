/** The table of coverage as a terminal shows it: actions and answers, properties, statements. */

import { number } from "../report/report.js";
import { plainTable } from "../report/text.js";
import { columns, type Column, type Kind } from "./counts.js";
import type { Judged } from "./judge.js";

interface Part {
  readonly title: string;
  readonly kinds: readonly Kind[];
  /** What the numbers are. */
  readonly units: Readonly<Partial<Record<Column, string>>>;
}

const calls = { conform: "calls", lockstep: "calls", interleave: "calls", trace: "calls" };

const parts: readonly Part[] = [
  {
    title: "actions and their answers",
    kinds: ["action", "answer"],
    units: { TLC: "edges", core: "edges, calls", ...calls, mutants: "bugs" },
  },
  {
    title: "invariants and properties",
    kinds: ["property"],
    units: { TLC: "states", core: "states, steps", mutants: "bugs" },
  },
  {
    title: "labelled statements",
    kinds: ["label"],
    units: { conform: "times", lockstep: "times", interleave: "steps", mutants: "bugs" },
  },
];

/** Under the name of what it belongs to, and without it. */
function shown({ kind, name, of }: Judged["item"]): string {
  const own = kind === "label" || name.startsWith(`${of} `) ? name.slice(of.length + 1) : name;
  return kind === "answer" ? `    ${own}` : `  ${own}`;
}

function textIn({ item, cells }: Judged, column: Column): string {
  const { n, state } = cells[column];
  if (state === "none") return "";
  if (state === "open") return "?";
  if (state === "later") return item.later![column]!;
  return state === "zero" ? "✗ 0" : number(n);
}

/** Numbers stand with their ends below each other. */
function toTheRight(head: string, cells: readonly string[]): readonly string[] {
  const width = Math.max(...[...head.split("\n"), ...cells].map((cell) => cell.length));
  return cells.map((cell) => cell.padStart(width));
}

function partTable({ title, kinds, units }: Part, all: readonly Judged[]): string {
  const rows = all.filter(({ item }) => kinds.includes(item.kind));
  const some = columns.filter((column) => rows.some(({ cells }) => cells[column].state !== "none"));
  const heads = some.map((column) => `${column}\n${units[column] ?? ""}`);
  const numbers = some.map((column, i) =>
    toTheRight(
      heads[i]!,
      rows.map((row) => textIn(row, column)),
    ),
  );
  const lines: string[][] = [];
  let of = "";
  for (const [i, { item }] of rows.entries()) {
    if (item.kind !== "answer" && item.of !== of)
      lines.push([(of = item.of), ...some.map(() => "")]);
    lines.push([shown(item), ...numbers.map((column) => column[i]!)]);
  }
  return plainTable([title, ...heads], lines);
}

export const coverageText = (rows: readonly Judged[]): string =>
  parts.map((part) => partTable(part, rows)).join("\n\n");
