/** Every systematic mutant of the core is told from it: by the graph, or by what Postgres says. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { storage } from "../../correctness/explore/model.js";
import { ConformHunter, treesOf } from "../../correctness/mutants/conforming.js";
import { coreMutants, exploreAll, strays } from "../../correctness/mutants/core.js";
import { equivalent } from "../../correctness/mutants/equivalent.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile, upTo } from "../../correctness/tlc/suite.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";

/** Without the largest, which has nothing that the others do not have. */
const entries = (await readManifest(manifestFile()))
  .filter((entry) => entry.expect.verdict === "holds" && storage(entry) && upTo("quick")(entry))
  .filter(({ name }) => name !== "lifecycle");
const explored = await exploreAll(entries);
const mutants = coreMutants(explored);
const unseen = mutants.filter((mutant) => !strays(mutant, explored));

let server: PostgresServer;
let hunter: ConformHunter;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  hunter = await ConformHunter.open(server, entries, treesOf(explored));
});
afterAll(async () => {
  await hunter.close();
  await server.stop();
});

test("the graph tells nearly all of them", () => {
  expect(mutants.length).toBeGreaterThan(120);
  expect(unseen.length).toBeLessThan(mutants.length / 10);
});

test.each(unseen)("$name", async (mutant) => {
  const kill = await hunter.huntCore(mutant);
  if (mutant.name in equivalent) expect(kill).toBeNull();
  else expect(kill).toMatchObject({ check: "conform" });
});
