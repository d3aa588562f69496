/** The command that shows a finding again, on the Postgres on which it was found. */

import { withoutPassword } from "../../src/postgres/source.js";
import type { Finding } from "../claims.js";
import type { PostgresFlags } from "../flags.js";
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
