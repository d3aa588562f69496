/** No action has a zero count in a whole run: of the quick tier, and where one is left out. */

import { expect, test } from "vitest";
import { modelled, readModel } from "../../correctness/explore/model.js";
import { neverTaken } from "../../correctness/explore/taken.js";
import { readManifest, type ExpectHolds } from "../../correctness/tlc/manifest.js";
import { manifestFile, positive, upTo } from "../../correctness/tlc/suite.js";

/** What C2 counts in the quick tier, whose counts are those of the manifest. */
const entries = (await readManifest(manifestFile())).filter(
  (e) => upTo("quick")(e) && modelled(e) && positive(e),
);
const quick = await Promise.all(
  entries.map(async (entry) => {
    const { machine } = await readModel(entry);
    const { edges } = entry.expect as ExpectHolds;
    const counted = machine.actionNames.map((name) => [name, edges[name] ?? 0]);
    return { module: entry.module, edges: Object.fromEntries(counted) };
  }),
);

test("the quick tier takes every action of every module", () => {
  expect(quick.length).toBeGreaterThan(10);
  expect(neverTaken(quick)).toEqual([]);
});

test.each([
  ["MCSegmentedStorage", "Snooze"],
  ["MCSegmentedStorage", "ForgetToken"],
  ["TerminalCounters", "Rollup"],
])("%s: without %s in any configuration, that is what is said", (module, action) => {
  const without = quick.map((t) =>
    t.module === module ? { ...t, edges: { ...t.edges, [action]: 0 } } : t,
  );
  expect(neverTaken(without)).toMatchObject([{ lines: [`never taken: ${action} of ${module}`] }]);
});
