/** The command that shows a finding again, on the Postgres on which it was found. */

import { withoutPassword } from "../../src/postgres/source.js";
import type { Section } from "./report.js";

const quoted = (word: string): string =>
  /^[\w:/@.%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** DATABASE_URL is there the next time too; a flag is not, and a password is nobody's to read. */
export function onSamePostgres(section: Section, flag: string | undefined): Section {
  if (flag === undefined) return section;
  const where = ` --pg ${quoted(withoutPassword(flag))}`;
  const findings = section.findings.map((f) => ({ ...f, replay: `${f.replay}${where}` }));
  return { ...section, findings };
}
