/** Names as people write them: capitals, modules, mistakes, and what several have. */

import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { allTopics, topicOf } from "../../correctness/explain/topics.js";

const topics = await allTopics();
const found = (word: string) => {
  const { kind, name, module } = topicOf(word, topics);
  return [kind, name, module];
};

test.each([
  ["Claim", ["action", "Claim", "SegmentedStorage"]],
  ["claim", ["action", "Claim", "SegmentedStorage"]],
  ["NOTOKENTWICE", ["property", "NoTokenTwice", "SegmentedStorage"]],
  ["SegmentedStorage.Claim", ["action", "Claim", "SegmentedStorage"]],
  ["rescuecursor.claim", ["action", "Claim", "RescueCursor"]],
  ["Acquire", ["action", "Acquire", "ClaimerLease"]],
  ["ExactPerBucket", ["property", "ExactPerBucket", "TerminalCounters"]],
  ["ArraysMatch", ["property", "ArraysMatch", null]],
  ["Spent-Battery", ["bug", "spent-battery", "WrongStorage"]],
  ["convoy", ["bug", "convoy", "WrongLockOrder"]],
  ["error-mask", ["bug", "error-mask", null]],
])("%s", (word, topic) => {
  expect(found(word)).toEqual(topic);
});

test("no name is that of two of a module", () => {
  const names = topics.map(({ kind, name, module }) => `${kind} ${module} ${name}`.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
});

describe("wrong names", () => {
  const problem = (word: string): UserError => {
    try {
      topicOf(word, topics);
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      return error as UserError;
    }
    throw new Error(`${word} is a name`);
  };
  const list = "List all names with: npx ringproof explain.";

  test.each([
    ["spent-batery", `Did you mean spent-battery? ${list}`],
    ["tokentwice", `Did you mean NoTokenTwice? ${list}`],
    ["prunequeu", `Did you mean PruneQueue or Prune? ${list}`],
    ["xyzzy", list],
  ])("%s", (word, remedy) => {
    const { message, remedy: said } = problem(word);
    expect(message).toBe(`There is no action, invariant or bug named ${word}.`);
    expect(said).toBe(remedy);
  });

  test("of several modules, and not of the storage", () => {
    const { message, remedy } = problem("tick");
    expect(message).toBe("Tick is the name of several: ClaimerLease.Tick, RescueCursor.Tick.");
    expect(remedy).toBe("Name one of them, as in: npx ringproof explain ClaimerLease.Tick.");
  });
});
