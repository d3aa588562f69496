/** `ringproof audit`: every invariant that rows can show, asked of somebody's own database. */

import { audit } from "../src/postgres/audit.js";
import { connect, openPostgres, type PgSource } from "../src/postgres/server.js";
import { UserError } from "../src/errors.js";
import type { Section } from "./report/report.js";

/** Looks at one schema; changes nothing. */
export async function auditSection(pg: PgSource, schema: string): Promise<Section> {
  if (pg.kind !== "url")
    throw new UserError(
      "An audit is of a database that is there already; one that is started for it, embedded or " +
        "in Docker, is always empty.",
      "Name a server with --pg postgres://user@host/database, or in DATABASE_URL.",
    );
  const started = performance.now();
  const client = await connect(await openPostgres(pg));
  const results = await audit(client, { schema }).finally(() => client.end());
  const violated = results.filter((r) => r.violations.length > 0);
  const verdictOf = (bad: boolean) => (bad ? "violated" : "holds");
  return {
    id: "audit",
    sentence: `the rows of schema ${schema} keep every invariant that rows can show`,
    verdict: verdictOf(violated.length > 0),
    seconds: (performance.now() - started) / 1000,
    covered: { checks: results.length },
    rows: results.map(({ name, loss, violations, seconds }) => ({
      name,
      verdict: verdictOf(violations.length > 0),
      seconds,
      facts: { violations: violations.length, "what a user loses": loss },
    })),
    findings: violated.map(({ name, loss, violations }) => ({
      title: `${name}: ${loss}`,
      lines: violations,
      replay: `ringproof audit --schema ${schema}`,
    })),
  };
}
