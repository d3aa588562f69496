/** The Postgres of a check; while its binaries are fetched, the line of progress says so. */

import { openPostgres, type PostgresServer, type Settings } from "../src/postgres/server.js";
import type { Context } from "./claims.js";

export const serverOf = (
  { pg, progress }: Pick<Context, "pg" | "progress">,
  settings?: Settings,
): Promise<PostgresServer> =>
  openPostgres(pg, { ...(settings && { settings }), progress: (what) => progress(what, 0, 1) });
