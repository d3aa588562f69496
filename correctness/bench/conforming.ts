/** Conformance on one connection, as far as there is time for it. */

import { randomBytes } from "node:crypto";
import type pg from "pg";
import type { Scope } from "../../src/core/index.js";
import { withCleanup } from "../../src/cleanup.js";
import { uninstall } from "../../src/postgres/install.js";
import { Walker } from "../conform/conform.js";
import { newTally, type Tally } from "../conform/tally.js";
import type { Piece } from "../conform/tree.js";

export interface Walked {
  readonly tally: Tally;
  readonly ms: number;
}

/** Walks the pieces in a schema of its own, for as long as it is to go on. */
export async function conforming(
  client: pg.Client,
  scope: Scope,
  work: readonly Piece[],
  goOn: () => boolean,
): Promise<Walked> {
  const schema = `conform_${randomBytes(4).toString("hex")}`;
  return withCleanup(
    () => uninstall(client, { schema }),
    async () => {
      const tally = newTally();
      const walker = new Walker(client, { schema, scope, tally });
      await walker.prepare();
      const began = performance.now();
      for (const piece of work) {
        if (!goOn()) break;
        if (await walker.walk(piece))
          throw new Error("Postgres diverges from the core: run ringproof conform");
      }
      return { tally, ms: performance.now() - began };
    },
  );
}
