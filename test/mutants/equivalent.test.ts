/** What is listed as equivalent is a mutant, and not the name of one that there once was. */

import { expect, test } from "vitest";
import { coreMutants } from "../../correctness/mutants/core.js";
import { equivalent } from "../../correctness/mutants/equivalent.js";
import { readModels } from "../../correctness/mutants/models.js";
import { systematicMutants } from "../../correctness/mutants/systematic.js";

test("each is there", async () => {
  const core = coreMutants((await readModels()).explored);
  const names = new Set([...core, ...systematicMutants()].map(({ name }) => name));
  for (const name of Object.keys(equivalent)) expect(names).toContain(name);
});
