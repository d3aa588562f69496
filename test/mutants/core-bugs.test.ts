/** A bug of the spec is the same bug in the core: it breaks the same property in as many steps. */

import { expect, test } from "vitest";
import { explore } from "../../correctness/explore/explorer.js";
import { readScope } from "../../correctness/explore/scope.js";
import { coreBugs } from "../../correctness/mutants/core-bugs.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile } from "../../correctness/tlc/suite.js";
import { actions, storageMachine } from "../../src/core/index.js";

const manifest = await readManifest(manifestFile());

test("every bug of the storage spec has a twin in the core", () => {
  const wrong = manifest.filter(
    ({ module, expect: { verdict } }) => module === "WrongStorage" && verdict === "violated",
  );
  expect(wrong.map(({ name }) => name).sort()).toEqual(Object.keys(coreBugs).sort());
});

test.each(Object.entries(coreBugs))("%s", async (name, table) => {
  const { cfg, symmetric, expect: expected } = manifest.find((entry) => entry.name === name)!;
  const machine = (wrong = {}) =>
    storageMachine(scope, { symmetric, table: { ...actions, ...wrong } });
  const scope = await readScope(cfg);
  if (expected.verdict !== "violated") throw new Error(`${name} holds`);
  const properties = [expected.property];
  const { violation } = explore(machine(table), { properties });
  expect(violation?.property).toBe(expected.property);
  expect(violation!.trace.length - 1).toBe(expected.steps);
  expect(explore(machine(), { properties }).violation).toBeNull();
});
