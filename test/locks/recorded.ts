/** The plans of operations as some SQL has them, beside those on disk. */

import type { PostgresServer } from "../../src/postgres/server.js";
import { differences, type Difference } from "../../correctness/locks/compare.js";
import { readPlans } from "../../correctness/locks/files.js";
import type { Operation } from "../../correctness/locks/operations.js";
import { record } from "../../correctness/locks/recorder.js";
import type { Amendment } from "../../correctness/locks/site.js";
import { situations } from "../../correctness/locks/situations.js";

export async function differencesOf(
  server: PostgresServer,
  operation: Operation,
  amendment: Amendment = {},
): Promise<readonly Difference[]> {
  const some = situations([operation]);
  const { plans } = await record({ server, situations: some, amendment });
  return differences((await readPlans()).plans, plans, [operation]);
}
