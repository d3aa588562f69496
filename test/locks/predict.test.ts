import { afterAll, beforeAll, expect, test } from "vitest";
import { predictions, type Prediction } from "../../correctness/locks/predict.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";

let server: PostgresServer;
let found: readonly Prediction[];
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  found = await predictions(server, new AbortController().signal);
}, 60000);
afterAll(() => server.stop());
test("x", () => {
  console.log(JSON.stringify(found, null, 1));
  expect(1).toBe(1);
});
