/** Whatever a program passes: an answer, or one clear error, and then nothing has changed. */

import { inspect } from "node:util";
import { fc, test as check } from "@fast-check/vitest";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit } from "../../src/postgres/audit.js";
import { install } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import type { WorkerToken } from "../../src/postgres/statements.js";
import { argumentsOf, called, callNames, type World } from "./calls.js";
import { at, callerOf, schema, type Caller } from "./life.js";
import { Watch } from "./outcome.js";
import { hostile, spoilt, toExtremes, ways } from "./values.js";

const now = at(0);
let server: PostgresServer;
let client: pg.Client;
let caller: Caller;
let watch: Watch;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  await install(client, { schema, queueSlots: 3, claimSlots: 3, leaseSlots: 3 });
  caller = callerOf(client);
  watch = await Watch.on(client);
});
afterAll(async () => {
  expect((await audit(client, { schema })).flatMap((r) => r.violations)).toEqual([]);
  await client.end();
  await server.stop();
});

/** Jobs of every kind. */
async function populated(): Promise<World> {
  const { storage } = caller;
  const lane = await storage.ensureLane("mail", 1, 0);
  const other = await storage.ensureLane("sms", 1, 0);
  const ids = await storage.enqueue(lane, Array(7).fill({}), now, now);
  const late = await storage.enqueue(lane, [{}], at(30), now);
  const tokens: WorkerToken[] = [];
  // A claim takes from one slot, and the ring may have turned.
  while (tokens.length < 4)
    tokens.push(...(await storage.claim(lane, 4 - tokens.length, now, at(30))));
  await storage.parkForCallback(tokens.slice(1, 2), at(30), now);
  await storage.fail(tokens.slice(3), now);
  const ends = [tokens[3]?.jobId ?? ids[3]!, ids[6]!];
  return { lane, other, tokens, jobIds: [...ends, ...late, ...ids] };
}

const outcome = (name: string, args: readonly unknown[]) =>
  watch.outcome(() => called(caller, name, args));

describe("any call with anything anywhere", () => {
  let world: World;
  let made = 0;
  const spoil = fc.record({ way: ways, put: hostile });
  const attempts = fc.tuple(
    fc.constantFrom(...callNames),
    fc.array(spoil, { minLength: 1, maxLength: 2 }),
  );

  check.prop([attempts], { numRuns: 600 })("is answered, or refused", async ([name, spoils]) => {
    if (made++ % 50 === 0) world = await populated();
    let args = argumentsOf(name, world);
    for (const { way, put } of spoils)
      args = args.length === 0 ? [put()] : (spoilt(args, way, put()) as readonly unknown[]);
    await outcome(name, args);
  });

  check.prop([fc.constantFrom(...callNames), fc.nat({ max: 3 })], { numRuns: 200 })(
    "with too few arguments is answered, or refused",
    async (name, count) => {
      world ??= await populated();
      await outcome(name, argumentsOf(name, world).slice(0, count));
    },
  );
});

test.each(callNames)("%s makes sense as it is", async (name) => {
  const world = await populated();
  const came = await outcome(name, argumentsOf(name, world));
  expect(came, inspect(came)).toHaveProperty("answer");
});

test.each(callNames)(
  "%s with the largest and the smallest is answered, or refused",
  async (name) => {
    const places = toExtremes(argumentsOf(name, await populated()));
    for (const [way, put] of places) {
      const args = argumentsOf(name, await populated());
      await outcome(name, spoilt(args, way, put) as readonly unknown[]);
    }
  },
);
