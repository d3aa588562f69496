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

/** Seconds that parts of it take. */
export interface Times {
  readonly drain: number;
  readonly rings: number;
  readonly audit: number;
}

/** Nothing is produced any more, and nothing lost. */
export async function closeAccounts(closing: Closing): Promise<Times> {
  const { world, crew, observer, rings, sizes, progress } = closing;
  const { ledger } = world;
  const part = await crew.part("drain");
  const drainer = new Drainer(part, rings, { pruned: 0, rotated: 0 });
  const audited = () => auditAll(part.connection.client as pg.Client, world);
  if (sizes.growth !== null) ledger.wrong("size", sizes.growth);
  progress("ending what is left", 0);
  const [alive, drain] = await timed(() => drainer.endAll());
  if (alive > 0) ledger.wrong("drain", `${alive} jobs never end`);
  await observer.lookAtAll(true);
  compareBatches(world);
  const [, full] = await timed(audited);
  progress("emptying the rings", 0);
  const [left, emptied] = await timed(() => drainer.empty());
  for (const [table, rows] of left)
    if (rows > 0) ledger.wrong("rings", `${table} still has ${rows} rows`);
  await observer.lookAtAll(true);
  const [, empty] = await timed(audited);
  return { drain, rings: emptied, audit: full + empty };
}

/** What came of it, and in how many seconds. */
async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const started = performance.now();
  const done = await work();
  return [done, (performance.now() - started) / 1_000];
}

/** Of a batch of which nobody was told, all is there or nothing. */
function compareBatches({ ledger }: World): void {
  for (const batch of ledger.enqueues.lost) {
    const names = missing(batch);
    if (names.length === 0) continue;
    const what = `of a batch that ${batch.call.who} enqueued`;
    ledger.wrong("batches", `${what}, jobs ${names.join(", ")} are missing`);
  }
}

async function auditAll(client: pg.Client, { ledger, schema }: World): Promise<void> {
  for (const { name, loss, violations } of await audit(client, { schema }))
    if (violations.length > 0)
      ledger.wrongs.add("audit", `${name}: ${loss}`, { lines: violations });
}
