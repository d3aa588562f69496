/** The command that shows a finding again: on the same Postgres, or from the file that has it. */

import { join } from "node:path";
import { withoutPassword } from "../../src/postgres/source.js";
import type { Finding } from "../claims.js";
import type { PostgresFlags } from "../flags.js";
import { bundleName } from "./folder.js";
import type { Section } from "./report.js";

const quoted = (word: string): string =>
  /^[\w:/@.%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** DATABASE_URL is there the next time too; a flag is not, and a password is nobody's to read. */
export function onSamePostgres(section: Section, { pg, pgVersion }: PostgresFlags): Section {
  const where = pg === undefined ? "" : ` --pg ${quoted(withoutPassword(pg))}`;
  const again = (finding: Finding): Finding => {
    if (finding.offline) return finding;
    const version = finding.pgVersion ?? pgVersion;
    const which = version === undefined ? "" : ` --pg-version ${version}`;
    return { ...finding, replay: `${finding.replay}${where}${which}` };
  };
  return { ...section, findings: section.findings.map(again) };
}

/** Stands in a replay for the file in which the report keeps the finding's bundle. */
export const KEPT = "<kept>";

/** Where the files of a report are is known only once all findings are. */
export function withKept(section: Section, report: string | undefined): Section {
  const at = (file: string) =>
    report === undefined ? `<report>/${file}` : quoted(join(report, file));
  const named = (finding: Finding, i: number): Finding => ({
    ...finding,
    replay: finding.replay.replace(KEPT, () => at(bundleName(section.id, i + 1))),
  });
  return { ...section, findings: section.findings.map(named) };
}
