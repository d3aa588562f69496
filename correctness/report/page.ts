/** The report as one self-contained HTML page. */

import type { Finding, Judged, Row } from "../claims.js";
import { svg } from "./plot.js";
import { factsOf, heading, number, verdictText } from "./report.js";
import type { Exhibit, Report, Section } from "./report.js";

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
         color: #1c2330; background: #fff; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #dde2ea;
           vertical-align: top; font-variant-numeric: tabular-nums; }
  .holds { color: #14733a; } .violated { color: #b3261e; font-weight: 600; }
  .not-run, .empty { color: #8a5a00; }
  h3 { font-size: 1rem; overflow-wrap: anywhere; }
  figure { margin: 1.5rem 0; } svg { width: 100%; }
  pre { background: #f5f6f8; padding: .8rem; overflow-x: auto; }
`;

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", '"': "&quot;" };
const escape = (text: string): string => text.replace(/[&<"]/g, (c) => escapes[c]!);

const cells = (tag: "td" | "th", values: readonly string[]): string =>
  values.map((v) => `<${tag}>${v}</${tag}>`).join("");

const verdict = (judged: Judged): string =>
  `<span class="${judged.verdict}">${escape(verdictText(judged))}</span>`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table><tr>${cells("th", head)}</tr>${rows
    .map((row) => `<tr>${cells("td", row)}</tr>`)
    .join("\n")}</table>`;

function rowsTable(rows: readonly Row[]): string {
  const facts = factsOf(rows);
  const body = rows.map((row) => [
    escape(row.name),
    ...facts.map((name) => escape(number(row.facts[name] ?? ""))),
    row.seconds.toFixed(1),
    verdict(row),
  ]);
  return table(["name", ...facts.map(escape), "seconds", "verdict"], body);
}

const findingBlock = ({ title, lines, replay }: Finding): string =>
  `<h3>${escape(title)}</h3><pre>${escape(lines.join("\n"))}</pre>
   <p>Replay: <code>npx ${escape(replay)}</code></p>`;

const exhibitBlock = ({ title, head, rows }: Exhibit): string =>
  `<h3>${escape(title)}</h3>${table(
    head.map(escape),
    rows.map((row) => row.map(escape)),
  )}`;

const beside = ({ exhibits = [], plots = [] }: Section): string =>
  [...exhibits.map(exhibitBlock), ...plots.map((plot) => svg(plot, escape))].join("\n");

const section = (shown: Section): string => {
  const { id, sentence, why, note, findings, rows } = shown;
  return `<h2 id="${id}">${id}: ${escape(sentence)}</h2>
   ${why === undefined ? "" : `<p>Not run: ${escape(why)}</p>`}
   ${note === undefined ? "" : `<p>${escape(note)}</p>`}
   ${findings.map(findingBlock).join("\n")}
   ${rows.length > 0 ? rowsTable(rows) : ""}
   ${beside(shown)}`;
};

export function page(report: Report): string {
  const summary = report.sections.map((s) => [
    `<a href="#${s.id}">${s.id}</a>`,
    escape(s.sentence),
    Object.entries(s.covered)
      .map(([name, n]) => `${number(n)} ${escape(name)}`)
      .join("<br>"),
    s.seconds.toFixed(1),
    verdict(s),
  ]);
  const title = escape(heading(report));
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title><style>${style}</style>
<h1>${title}</h1>
${table(["claim", "what it says", "covered", "seconds", "verdict"], summary)}
${report.sections.map(section).join("\n")}
</html>
`;
}
