/** The command behind a finding that is kept in a file, which trace check looks at again. */

import { expect, test } from "vitest";
import { onSamePostgres, withKept } from "../../correctness/report/replay.js";
import type { Section } from "../../correctness/report/report.js";
import { findingsOf, judge } from "../../correctness/trace/judge.js";
import { claimed, enqueued, historyOf } from "../trace/told.js";

const history = historyOf([
  enqueued("j", [0, 1]),
  claimed(["j/1"], [2, 3]),
  claimed(["j/1"], [4, 5]),
]);
const race = { title: "a race", lines: [], replay: "ringproof interleave" };
const section: Section = {
  ...{ id: "adapter", sentence: "", verdict: "violated", seconds: 0, covered: {}, rows: [] },
  findings: [race, ...findingsOf(judge(history), history)],
};

test.each([
  [undefined, "<report>/finding-adapter-2.json"],
  ["out", "out/finding-adapter-2.json"],
  ["of all", "'of all/finding-adapter-2.json'"],
])("--report %s: %s, the second of two, whatever Postgres there was", (report, file) => {
  const { findings } = withKept(onSamePostgres(section, { pg: "postgres:///x" }), report);
  expect(findings.map(({ replay }) => replay)).toEqual([
    "ringproof interleave --pg postgres:///x",
    `ringproof trace check ${file}`,
  ]);
});
