/** Tables of what was measured, in which nothing is judged. */

import type { Exhibit } from "../report/report.js";
import { appendOnly, type DeadTuples } from "./dead-tuples.js";
import { figures, figureText, type FigureName, type Reckoned } from "./figures.js";
import { keeps, names, titles, type Name } from "./requests.js";

/** A column for each contestant. */
export function figuresOf({ medians }: Reckoned): Exhibit {
  const measured = names.filter((name) => medians[name]);
  const row = (figure: FigureName) => [
    figures[figure].title,
    ...measured.map((name) => figureText(figure, medians[name]![figure])),
  ];
  return {
    title: "What was measured",
    head: ["", ...measured.map((name) => titles[name])],
    rows: [
      ...(Object.keys(figures) as FigureName[]).map(row),
      ["jobs that are done", ...measured.map((name) => keeps[name])],
    ],
  };
}

/** Of each table the most that were seen, where there were any; append-only tables in any case. */
export function deadOf(seen: readonly (readonly [Name, readonly DeadTuples[]])[]): Exhibit {
  const rows = seen.flatMap(([name, all]) => {
    const tables = [...new Set(all.flatMap((dead) => Object.keys(dead)))].sort();
    return tables.flatMap((table) => {
      const most = Math.max(...all.map((dead) => dead[table] ?? 0));
      const only = name === "ringproof" && appendOnly.includes(table);
      if (most === 0 && !only) return [];
      return [[titles[name], table, most.toLocaleString("en"), only ? "yes" : ""]];
    });
  });
  const head = ["contestant", "table", "dead tuples", "append-only"];
  return { title: "The most dead tuples of each table", head, rows };
}
