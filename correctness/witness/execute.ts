/** Witnesses on Postgres, call for call: contract, core and Postgres agree after every step. */

import { randomBytes } from "node:crypto";
import { withCleanup } from "../../src/cleanup.js";
import type { PostgresServer } from "../../src/postgres/server.js";
import type { Attempt } from "../conform/attempts.js";
import { Database } from "../lockstep/database.js";
import type { BadStep } from "../lockstep/compare.js";
import { Trio } from "../lockstep/trio.js";
import type { Witness } from "./generate.js";

/** The first step on which they do not agree. */
export interface Diverged {
  readonly step: number;
  readonly bad: BadStep;
}

export interface ExecuteOptions {
  readonly signal?: AbortSignal;
  /** SQL that is run once a schema is installed, written for the schema `ringproof`. */
  readonly amend?: string;
}

/** Null by name where every step agrees. Witnesses of one configuration share a schema. */
export async function onPostgres(
  server: PostgresServer,
  all: readonly Witness[],
  { signal, amend }: ExecuteOptions = {},
): Promise<ReadonlyMap<string, Diverged | null>> {
  const done = new Map<string, Diverged | null>();
  for (const configuration of new Set(all.map((w) => w.configuration))) {
    const some = all.filter((w) => w.configuration === configuration);
    const schema = `witness_${randomBytes(4).toString("hex")}`;
    const own = { schema, scope: some[0]!.scope, ...(amend && { amend }) };
    const database = await Database.connect(server, own);
    await withCleanup(
      () => database.close(),
      async () => {
        await database.prepare();
        for (const witness of some) done.set(witness.name, await run(database, witness, signal));
      },
    );
  }
  return done;
}

async function run(
  database: Database,
  { scope, trace }: Witness,
  signal?: AbortSignal,
): Promise<Diverged | null> {
  const trio = new Trio(database, scope);
  const faults = await database.reset();
  for (const [step, { call }] of trace.entries()) {
    signal?.throwIfAborted();
    if (!call) continue;
    const attempt: Attempt = { action: call.action, list: [call.args] };
    const { bad } = await trio.take(attempt, { audited: true, asked: true }, faults);
    if (bad) return { step, bad };
  }
  return null;
}
