/** A story as a person reads it. */

import { blocks, heading, pairs, wrap, type Block } from "./layout.js";
import type { Exchange, Related, Run, Source, Story } from "./story.js";
import { fullName, type Topic } from "./topics.js";

const capital = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`;

const sentence = (text: string): string => capital(text).replace(/\.?$/, ".");

const titleOf = ({ name, kind, module }: Story): string => {
  if (kind === "bug") return `${name}, a bug`;
  const article = kind === "action" ? "an" : "a";
  return `${name}, ${article} ${kind} of ${module ?? "the rows of Postgres"}`;
};

function sourceBlock({ layer, files, text, uses, notes = [] }: Source, width: number): Block {
  const more = uses.length === 0 ? [] : ["", ...wrap(`It also uses ${uses.join(", ")}.`, width)];
  const remarks = notes.flatMap((note) => ["", ...wrap(note, width)]);
  return {
    title: `${layer}, ${files.join(", ")}`,
    lines: [...text.split("\n"), ...more, ...remarks],
  };
}

function exchangeLines(
  { layer, what, right, wrong, diff }: Exchange,
  width: number,
  narrow: number,
): string[] {
  if (diff) return [heading(`${layer}: ${what}`, narrow), "", ...diff, ""];
  const sides = [
    { title: `${layer}, as it is`, lines: right.split("\n") },
    { title: `${layer}: ${what}`, lines: wrong.split("\n") },
  ];
  return blocks(sides, width, narrow);
}

function runLines({ shows, by, configuration, steps, then }: Run, width: number): string[] {
  const how = by === "TLC" ? `TLC, in ${configuration}` : `the core, in ${configuration}`;
  return [
    heading(`The shortest run ${shows}, by ${how}`, width),
    "",
    ...steps.flatMap(({ call, answer, changes }, i) => [
      `${String(i + 1).padStart(4)}  ${call}${answer === undefined ? "" : `: ${answer}`}`,
      ...(changes.length > 0 ? changes : ["(nothing changes)"]).flatMap((change) =>
        wrap(change, width, "        ", "            "),
      ),
    ]),
    ...(then === undefined ? [] : [`   …  ${then}`]),
    "",
  ];
}

function list(title: string, all: readonly Related[], width: number): string[] {
  if (all.length === 0) return [];
  const rows = all.map(({ name, about }) => [name, capital(about)] as const);
  return [heading(title, width), "", ...pairs(rows, width), ""];
}

/** Texts of the sources stand side by side where `width` is enough. */
export function storyText(story: Story, width: number): string {
  const { kind, about, loss, facts, sources, exchanges, run, whyNoRun } = story;
  const column = Math.min(width, 100);
  const lost = kind === "property" ? `otherwise ${loss}` : `what a user loses: ${loss}`;
  const rows = Object.entries(facts);
  const withoutRun = whyNoRun === undefined ? [] : [...wrap(whyNoRun, column), ""];
  const commands = story.commands.map(({ command, shows }) => {
    return { name: `npx ${command}`, about: shows };
  });
  return [
    titleOf(story),
    "",
    ...wrap(sentence(about), column),
    ...(loss === undefined ? [] : wrap(sentence(lost), column)),
    "",
    ...(rows.length === 0 ? [] : [...pairs(rows, column), ""]),
    ...blocks(
      sources.map((source) => sourceBlock(source, column)),
      width,
      column,
    ),
    ...exchanges.flatMap((exchange) => exchangeLines(exchange, width, column)),
    ...(run ? runLines(run, column) : withoutRun),
    ...list(
      kind === "property" ? "Bugs that break it" : "Bugs in what it uses",
      story.bugs,
      column,
    ),
    ...list(kind === "bug" ? "What finds it" : "What checks it", commands, column),
    ...list("See also, with npx ringproof explain", story.see, column),
  ]
    .join("\n")
    .trimEnd();
}

export const firstSentence = (text: string): string =>
  text.split(/(?<=\.) /)[0]!.replace(/\.$/, "");

const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1).trimEnd()}…`;

interface Group {
  readonly title: string;
  readonly topics: readonly Topic[];
}

function groups(topics: readonly Topic[]): readonly Group[] {
  const titles = {
    action: ({ module }: Topic) => `actions of ${module}`,
    property: ({ module }: Topic) =>
      module === null ? "properties that only rows of Postgres show" : `properties of ${module}`,
    bug: () => "bugs",
  };
  const titled = topics.map((topic) => [titles[topic.kind](topic), topic] as const);
  return [...new Set(titled.map(([title]) => title))].map((title) => ({
    title,
    topics: titled.filter(([other]) => other === title).map(([, topic]) => topic),
  }));
}

/** Every topic in one line, under what it is. */
export function listText(topics: readonly Topic[], width: number): string {
  const shared = (topic: Topic) => topics.filter(({ name }) => name === topic.name).length > 1;
  const nameOf = (topic: Topic) =>
    shared(topic) && topic.module !== "SegmentedStorage" ? fullName(topic) : topic.name;
  const widest = Math.max(...topics.map((topic) => nameOf(topic).length));
  return groups(topics)
    .flatMap(({ title, topics: some }) => [
      heading(capital(title), width),
      ...some.map((topic) =>
        cut(`  ${nameOf(topic).padEnd(widest)}  ${capital(firstSentence(topic.about))}`, width),
      ),
      "",
    ])
    .join("\n")
    .trimEnd();
}
