/** `ringproof explain` on the command line. */

import { expect, test } from "vitest";
import { claims } from "../../correctness/registry.js";
import { allTopics } from "../../correctness/explain/topics.js";
import { ran } from "../cli/fixture.js";

const explain = (...args: string[]) => ran(["explain", ...args], claims);

test("a story: what it is, its text in each language, the run, what finds it", async () => {
  const { code, out, err } = await explain("notokentwice");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.startsWith("NoTokenTwice, a property of SegmentedStorage\n\n")).toBe(true);
  const parts = [
    /^Otherwise two workers run the same attempt/m,
    /^── TLA\+, spec\/SegmentedStorage\.tla ─+$/m,
    /^NoTokenTwice == env\.rehanded = \{\}$/m,
    /^── core, src\/core\/invariants\.ts ─+$/m,
    /^── audit, src\/postgres\/sql\/audit\.sql ─+$/m,
    /^── The shortest run that violates NoTokenTwice, by the core, in lease-reset ─+$/m,
    /^ {3}5 {2}Claim\(a, 1, 99\): claimed j1\/1$/m,
    /^ {8}\+ env\.rehanded {2}job=j1 lease=1$/m,
    /^── Bugs that break it ─+$/m,
    /^ {2}npx ringproof audit --schema <name> /m,
  ];
  const at = parts.map((part) => out.search(part));
  expect(at).toEqual([...at].sort((a, b) => a - b));
  expect(at).not.toContain(-1);
});

test("--json: the same as data", async () => {
  const human = await explain("PurgeDlq");
  const { code, out, err } = await explain("PurgeDlq", "--json");
  expect(code).toBe(0);
  expect(err).toBe(human.out);
  expect(out).toMatch(/^\{.*\}\n$/);
  const story = JSON.parse(out);
  expect(story).toMatchObject({ kind: "action", name: "PurgeDlq", module: "SegmentedStorage" });
  for (const { text } of story.sources) expect(human.out).toContain(text);
  for (const { call } of story.run.steps) expect(human.out).toContain(call);
});

test("without a name: everything there is, a line each", async () => {
  const { code, out, err } = await explain();
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const topics = await allTopics();
  const lines = out.trimEnd().split("\n");
  const told = lines.filter((line) => /^ {2}\S+ {2,}\S/.test(line));
  expect(told.map((line) => /\S+/.exec(line)![0].replace(/^[A-Z]\w+\./, ""))).toEqual(
    topics.map(({ name }) => name),
  );
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
  const { topics: data } = JSON.parse((await explain("--json")).out);
  expect(data).toHaveLength(topics.length);
});

test.each([
  [
    ["spent-batery"],
    /^error: There is no action, .*\nDid you mean spent-battery\? List all names /,
  ],
  [["tick"], /^error: Tick is the name of several: .*\nName one of them, as in: npx ringproof /],
  [["Claim", "Retry"], /^error: too many arguments/],
])("explain %s: exit code 2", async (args, message) => {
  const { code, out, err } = await explain(...args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(message);
  expect(err).not.toMatch(/^\s+at /m);
});
