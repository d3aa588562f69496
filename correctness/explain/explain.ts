/** `ringproof explain`: the story of one name, or the list of all names. */

import type { RunContext } from "../claims.js";
import { readManifest } from "../tlc/manifest.js";
import { manifestFile } from "../tlc/suite.js";
import { actionStory } from "./action-story.js";
import { bugStory } from "./bug-story.js";
import { propertyStory } from "./property-story.js";
import type { Related, Story } from "./story.js";
import { firstSentence, listText, storyText } from "./text.js";
import { allTopics, fullName, sameName, topicOf, type Topic } from "./topics.js";

/** The properties that a bug breaks, what is the same bug in SQL, and what has the same name. */
function seeAlso(topic: Topic, topics: readonly Topic[]): readonly Related[] {
  const { bug } = topic;
  const broken = (bug?.tlc ?? []).map(({ entry }) => entry.expect.property);
  const related = topics.filter((other) => {
    if (other === topic) return false;
    const sameSql = bug?.sql && other.bug?.sql === bug.sql;
    const breaks = other.kind === "property" && broken.includes(other.name);
    return breaks || sameSql || sameName(other, topic);
  });
  return related.map((other) => ({
    name: sameName(other, topic) ? fullName(other) : other.name,
    about: firstSentence(other.about),
  }));
}

/** The story of one of the topics. */
export async function storyOf(
  topic: Topic,
  topics: readonly Topic[],
  context: RunContext,
): Promise<Story> {
  const bugs = topics.flatMap(({ bug }) => bug ?? []);
  const manifest = await readManifest(manifestFile());
  const story = topic.bug
    ? await bugStory(topic.bug, topic, context)
    : topic.kind === "action"
      ? await actionStory(topic, manifest, bugs)
      : await propertyStory(topic, manifest, bugs, context);
  return { ...story, see: seeAlso(topic, topics) };
}

/** For a reader with this many columns, and for a program. */
export interface Explained {
  readonly text: string;
  readonly data: object;
}

/** The story of a name, however it is capitalised; all names where there is none. */
export async function explained(
  word: string | undefined,
  width: number,
  context: RunContext,
): Promise<Explained> {
  const topics = await allTopics();
  if (word === undefined) {
    const data = topics.map(({ kind, name, module, about }) => ({ kind, name, module, about }));
    return { text: listText(topics, width), data: { topics: data } };
  }
  const story = await storyOf(topicOf(word, topics), topics, context);
  return { text: storyText(story, width), data: story };
}
