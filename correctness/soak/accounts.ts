/** The end of a soak: everything is done, and the accounts are compared. */

import type pg from "pg";
import { audit } from "../../src/postgres/audit.js";
import type { Crew } from "./crew.js";
import { Drainer } from "./drainer.js";
import { missing } from "./enqueues.js";
import type { RingSizes } from "./maintainer.js";
import type { Observer } from "./observer.js";
import type { Sizes } from "./sizes.js";
import type { World } from "./world.js";

export interface Closing {
  readonly world: World;
  readonly crew: Crew;
  readonly observer: Observer;
  readonly rings: RingSizes;
  readonly sizes: Sizes;
  readonly progress: (what: string, done: number) => void;
}

/** Nothing is produced any more, and nothing lost. */
export async function closeAccounts(closing: Closing): Promise<void> {
  const { world, crew, observer, rings, sizes, progress } = closing;
  const { ledger } = world;
  const part = await crew.part("drain");
  const drainer = new Drainer(part, rings, { pruned: 0, rotated: 0 });
  const audited = () => auditAll(part.connection.client as pg.Client, world);
  if (sizes.growth !== null) ledger.wrong("size", sizes.growth);
  progress("ending what is left", 0);
  const alive = await drainer.endAll();
  if (alive > 0) ledger.wrong("drain", `${alive} jobs never end`);
  await observer.lookAtAll(true);
  for (const batch of ledger.enqueues.lost) {
    const names = missing(batch);
    if (names.length === 0) continue;
    const title = `of a batch that ${batch.call.who} enqueued, jobs ${names.join(", ")} are missing`;
    ledger.wrong("batches", title);
  }
  await audited();
  progress("emptying the rings", 0);
  for (const [table, rows] of await drainer.empty())
    if (rows > 0) ledger.wrong("rings", `${table} still has ${rows} rows`);
  await observer.lookAtAll(true);
  await audited();
}

async function auditAll(client: pg.Client, { ledger, schema }: World): Promise<void> {
  for (const { name, loss, violations } of await audit(client, { schema }))
    if (violations.length > 0)
      ledger.wrongs.add("audit", `${name}: ${loss}`, { lines: violations });
}
