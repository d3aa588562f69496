/** The bugs that such storage had: TLC knows each, and each check that claims to finds its SQL. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { bugs } from "../../correctness/mutants/bugs.js";
import { huntAll, survived, type Fate } from "../../correctness/mutants/run.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile } from "../../correctness/tlc/suite.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";

const all = bugs();
const planted = all.flatMap(({ sql }) => sql ?? []);

let server: PostgresServer;
let fates: readonly Fate[];
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  const { signal } = new AbortController();
  fates = await huntAll(server, planted, { signal, progress: () => undefined });
}, 300_000);
afterAll(() => server.stop());

test.each(planted)("$name: $about", ({ name }) => {
  const fate = fates.find(({ mutant }) => mutant.name === name)!;
  expect(fate.stillborn).toBeNull();
  const found = [...fate.looks].map(([check, { kill }]) => [check, kill !== null]);
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.keys(fate.mutant.on!).map((check) => [check, true])),
  );
  expect(survived(fate)).toBe(false);
});

test("whatever TLC finds is a configuration that is violated", async () => {
  const manifest = await readManifest(manifestFile());
  for (const { tlc } of all)
    for (const name of tlc)
      expect(manifest.find((entry) => entry.name === name)?.expect.verdict).toBe("violated");
});

test("each is found by something", () => {
  for (const { tlc, sql } of all) expect(tlc.length + (sql ? 1 : 0)).toBeGreaterThan(0);
});
