/** The report as one self-contained HTML page. */

import type { ClaimResult, Finding, Row } from "../claims.js";
import type { Report } from "./folder.js";

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
         color: #1c2330; background: #fff; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #dde2ea;
           vertical-align: top; font-variant-numeric: tabular-nums; }
  .holds { color: #14733a; } .violated { color: #b3261e; font-weight: 600; }
  .not-run { color: #8a5a00; }
  pre { background: #f5f6f8; padding: .8rem; overflow-x: auto; }
`;

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", '"': "&quot;" };
export const escape = (text: string): string => text.replace(/[&<"]/g, (c) => escapes[c]!);

const cells = (tag: "td" | "th", values: readonly string[]): string =>
  values.map((v) => `<${tag}>${v}</${tag}>`).join("");

const verdict = (name: string): string =>
  `<span class="${name}">${escape(name.replace("-", " "))}</span>`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table><tr>${cells("th", head)}</tr>${rows
    .map((row) => `<tr>${cells("td", row)}</tr>`)
    .join("\n")}</table>`;

function rowsTable(rows: readonly Row[]): string {
  const facts = [...new Set(rows.flatMap((row) => Object.keys(row.facts)))];
  const body = rows.map((row) => [
    escape(row.name),
    ...facts.map((name) => escape((row.facts[name] ?? "").toLocaleString("en"))),
    row.seconds.toFixed(1),
    verdict(row.verdict),
  ]);
  return table(["name", ...facts.map(escape), "seconds", "verdict"], body);
}

const findingBlock = ({ title, lines, replay }: Finding): string =>
  `<h3>${escape(title)}</h3><pre>${escape(lines.join("\n"))}</pre>
   <p>Replay: <code>npx ${escape(replay)}</code></p>`;

const section = (result: ClaimResult, sentence: string): string =>
  `<h2 id="${result.id}">${result.id}: ${escape(sentence)}</h2>
   ${result.why === undefined ? "" : `<p>Not run: ${escape(result.why)}</p>`}
   ${result.findings.map(findingBlock).join("\n")}
   ${result.rows.length > 0 ? rowsTable(result.rows) : ""}`;

export function page({ tier, seed, claims, results }: Report): string {
  const sentence = (id: string) => claims.find((c) => c.id === id)!.sentence;
  const summary = results.map((r) => [
    `<a href="#${r.id}">${r.id}</a>`,
    escape(sentence(r.id)),
    Object.entries(r.covered)
      .map(([name, n]) => `${n.toLocaleString("en")} ${escape(name)}`)
      .join("<br>"),
    r.seconds.toFixed(1),
    verdict(r.verdict),
  ]);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>ringproof check</title><style>${style}</style>
<h1>ringproof check: tier ${escape(tier)}, seed ${seed}</h1>
${table(["claim", "what it says", "covered", "seconds", "verdict"], summary)}
${results.map((r) => section(r, sentence(r.id))).join("\n")}
</html>
`;
}
