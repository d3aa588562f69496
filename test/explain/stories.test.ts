/** Every action, property and bug has its story, and none of them has a hole. */

import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { actionNames, actions, invariants, stepProperties } from "../../src/core/index.js";
import { storyOf } from "../../correctness/explain/explain.js";
import type { Story } from "../../correctness/explain/story.js";
import { storyText } from "../../correctness/explain/text.js";
import { allTopics, topicOf, type Topic } from "../../correctness/explain/topics.js";
import { coreBugs } from "../../correctness/mutants/core-bugs.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile } from "../../correctness/tlc/suite.js";
import { holes } from "./stories.js";

const topics = await allTopics();
const manifest = await readManifest(manifestFile());
const context = { progress: () => undefined, signal: new AbortController().signal };

const told = new Map<Topic, Promise<Story>>();

/** Each is told once. */
function toldOf(topic: Topic): Promise<Story> {
  const story = told.get(topic) ?? storyOf(topic, topics, context);
  told.set(topic, story);
  return story;
}

const story = (name: string): Promise<Story> => toldOf(topicOf(name, topics));

describe("without Java", () => {
  beforeAll(() => void vi.stubEnv("JAVA_HOME", tmpdir()));
  afterAll(() => void vi.unstubAllEnvs());

  test.each(topics)("$kind $module $name", async (topic) => {
    const whole = await toldOf(topic);
    expect(holes(whole)).toEqual([]);
    expect(whole.about).toBe(whole.about.trim());
    expect(storyText(whole, 100)).toContain(whole.name);
  });

  test("nothing is left out", () => {
    const named = (kind: string) => topics.filter((t) => t.kind === kind).map(({ name }) => name);
    expect(named("action")).toEqual(expect.arrayContaining([...actionNames]));
    const properties = Object.keys({ ...invariants, ...stepProperties });
    expect(named("property")).toEqual(expect.arrayContaining(properties));
    const negative = manifest.filter(({ expect: { verdict } }) => verdict === "violated");
    expect(named("bug")).toEqual(expect.arrayContaining(negative.map(({ name }) => name)));
    expect(named("bug")).toEqual(expect.arrayContaining(["stale-candidate", "error-mask"]));
  });

  test.each(actionNames)("%s: the run is of the core, and ends in its success", async (name) => {
    const { run } = await story(name);
    expect(run!.by).toBe("core");
    expect(run!.steps.at(-1)!.answer).toContain(actions[name].answers[0]!.split(" ")[0]);
    expect(run!.steps.slice(0, -1).map(({ call }) => call)).not.toContain(name);
  });

  test.each(Object.keys({ ...invariants, ...stepProperties }))(
    "%s: so is that of what breaks it",
    async (name) => {
      const { run } = await story(name);
      expect(run).toMatchObject({ by: "core", shows: `that violates ${name}` });
    },
  );

  test.each(Object.keys(coreBugs))("%s: as many steps as TLC needs", async (name) => {
    const { run, exchanges } = await story(name);
    const { expect: expected } = manifest.find((entry) => entry.name === name)!;
    expect(run!.steps).toHaveLength((expected as { steps: number }).steps);
    const inCore = exchanges.find(({ layer }) => layer === "core")!;
    expect(inCore.wrong).toContain(`"${name}": `);
    for (const action of Object.keys(coreBugs[name]!))
      expect(inCore.right).toContain(`export const ${action}`);
  });

  test("a bug of a focused module says what is missing", async () => {
    const { run, whyNoRun } = await story("rescue-skip");
    expect(run).toBeNull();
    expect(whyNoRun).toMatch(/Java/);
  });
});

describe("holes are found", async () => {
  const whole = await story("Claim");

  test.each<[string, Partial<Story>]>([
    ["no sentence", { about: "" }],
    ["nothing in SQL", { sources: whole.sources.slice(0, 2) }],
    ["TLA+: no text", { sources: [{ ...whole.sources[0]!, text: "" }, ...whole.sources.slice(1)] }],
    ["SQL: no end", { sources: [...whole.sources.slice(0, 2), cut(whole, 2)] }],
    ["core: } is left over", { sources: [cut(whole, 1), whole.sources[0]!, whole.sources[2]!] }],
    ["no run", { run: null }],
    ["an empty run", { run: { ...whole.run!, steps: [] } }],
    ["another run", { run: { ...whole.run!, steps: whole.run!.steps.slice(0, 1) } }],
    ["no command", { commands: [] }],
  ])("%s", (hole, change) => {
    expect(holes(whole)).toEqual([]);
    expect(holes({ ...whole, ...change })).toContain(hole);
  });
});

/** A source without its last line, or without its first where that closes less than it opens. */
function cut({ sources }: Story, at: number) {
  const source = sources[at]!;
  const lines = source.text.split("\n");
  const from = lines.findIndex((line) => /^export const/.test(line)) + 1;
  return { ...source, text: (at === 1 ? lines.slice(from) : lines.slice(0, -1)).join("\n") };
}

test("TLC tells the run where only the spec has the bug", async () => {
  const topic = topicOf("rescue-skip", topics);
  const { run, exchanges } = await storyOf(topic, topics, context);
  expect(run).toMatchObject({ by: "TLC", configuration: "rescue-skip" });
  const { expect: expected } = manifest.find(({ name }) => name === "rescue-skip")!;
  expect(run!.steps).toHaveLength((expected as { steps: number }).steps);
  expect(run!.steps.every(({ changes }) => changes.length > 0)).toBe(true);
  expect(exchanges.map(({ layer }) => layer)).toEqual(["TLA+", "TLA+", "SQL"]);
});
