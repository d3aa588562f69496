/**
 * One long random run on a schema as it is shipped: no function of any check is in it, so that all
 * that Postgres counts is what the operations did.
 */

import { isDeepStrictEqual } from "node:util";
import type pg from "pg";
import { actions, initialState, type Scope } from "../../src/core/index.js";
import { newBinding, timeOf } from "../../src/postgres/binding.js";
import { ClaimerLeases } from "../../src/postgres/claimers.js";
import { RescuePasses } from "../../src/postgres/rescue-passes.js";
import { statements } from "../../src/postgres/statements.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { ensureLanes } from "../conform/conform.js";
import { expect, twinOf } from "../conform/attempts.js";
import { resolve } from "../lockstep/calls.js";
import type { Choice } from "../lockstep/choices.js";
import { upkeepOf } from "../lockstep/upkeep.js";

/** Makes the calls one after the other; each must be answered as the core answers it. */
export async function run(
  client: pg.Client,
  schema: string,
  choices: readonly Choice[],
  scope: Scope,
): Promise<void> {
  const storage = new PostgresStorage(client, { schema });
  const context = { sql: statements(schema), scope };
  let binding = newBinding(await ensureLanes(storage, scope));
  let core = initialState(scope);
  // Jobs that count in one bucket, so that counts are added to.
  await client.query(`alter sequence "${schema}".job_ids increment by 256`);
  for (const choice of choices) {
    const due = upkeepOf(choice, scope)?.statement(context.sql, timeOf(binding.tick));
    if (due) await client.query(due.text, [...due.values]);
    const attempt = resolve(choice, core, scope);
    if (!attempt) continue;
    const expected = expect(core, attempt, scope, actions);
    const twin = twinOf(attempt.action);
    const statement = twin.statement(attempt.list, binding, context);
    if (statement) {
      const { rows } = await client.query(statement.text, [...statement.values]);
      const answered = twin.answer(rows, attempt.list, binding);
      if (!isDeepStrictEqual(answered.outcomes, expected.outcomes))
        throw new Error(`${attempt.action}: ${JSON.stringify(answered.outcomes)}`);
      binding = answered.binding;
    } else if (expected.outcomes[0]!.result !== "noop")
      binding = twin.answer([], attempt.list, binding).binding;
    core = expected.state;
  }
  const end = timeOf(binding.tick + 1);
  await new RescuePasses(client, { schema }).staleReceipts(end, end);
  await leaseClaimers(client, schema);
}

/** Two instances and one dispatch slot: taken, refreshed, and taken over. */
async function leaseClaimers(client: pg.Client, schema: string): Promise<void> {
  const claimers = new ClaimerLeases(client, { schema });
  const terms = { slots: 1, ttl: 60_000, idle: 20_000 };
  const at = (seconds: number) => new Date(seconds * 1000);
  const [first, second] = ["x", "y"].map((owner) => ({ queue: "mail", owner }));
  const taken = await claimers.acquire(first!, terms, at(0));
  if (taken.result === "full") throw new Error("a free dispatch slot is not to be had");
  await claimers.claimed(first!, { slot: taken.slot, epoch: taken.epoch }, terms, at(15));
  await claimers.acquire(second!, terms, at(300));
}
