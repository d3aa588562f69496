/** The table of coverage as a terminal shows it: actions and answers, properties, statements. */

import { number } from "../report/report.js";
import { plainTable } from "../report/text.js";
import { columns, type Column, type Kind } from "./counts.js";
import type { Cell, Judged } from "./judge.js";

const text = (cell: Cell, later: string | undefined): string => {
  if (cell.state === "zero") return "0 ✗";
  if (cell.state === "open") return "?";
  if (cell.state === "later") return later!;
  return cell.state === "none" ? "" : number(cell.n);
};

interface Part {
  readonly title: string;
  readonly kinds: readonly Kind[];
  /** What the numbers are, by column. */
  readonly units: Readonly<Partial<Record<Column, string>>>;
}

const steps = { TLC: "edges", core: "edges, calls", conform: "calls", lockstep: "calls" };

const parts: readonly Part[] = [
  {
    title: "actions and their answers",
    kinds: ["action", "answer"],
    units: { ...steps, interleave: "calls", mutants: "bugs" },
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

/** The name without that of what it belongs to, under which it stands. */
const shown = ({ kind, name, of }: Judged["item"]): string => {
  if (kind === "answer" || name.startsWith(`${of} `)) return `  ${name.slice(of.length + 1)}`;
  return kind === "label" ? `  ${name.slice(of.length + 1)}` : `  ${name}`;
};

function partTable({ title, kinds, units }: Part, all: readonly Judged[]): string {
  const rows = all.filter(({ item }) => kinds.includes(item.kind));
  const some = columns.filter((column) => rows.some(({ cells }) => cells[column].state !== "none"));
  const head = some.map((column) => `${column}\n${units[column] ?? ""}`);
  const lines: string[][] = [];
  let of = "";
  for (const { item, cells } of rows) {
    if (item.kind !== "answer" && item.of !== of) lines.push([(of = item.of)]);
    const indent = item.kind === "answer" ? "  " : "";
    const numbers = some.map((column) => text(cells[column], item.later?.[column]));
    lines.push([indent + shown(item), ...numbers]);
  }
  const width = Array<string>(some.length).fill("");
  return plainTable(
    [title, ...head],
    lines.map(([name, ...n]) => [name!, ...(n.length > 0 ? n : width)]),
  );
}

export const coverageText = (rows: readonly Judged[]): string =>
  parts.map((part) => partTable(part, rows)).join("\n\n");
