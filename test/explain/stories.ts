/** What a story must have, so that a reader is left with no hole in it. */

import { actions, type ActionName } from "../../src/core/index.js";
import type { Source, Story } from "../../correctness/explain/story.js";

/** Brackets that are not closed, or never opened, outside comments and strings. */
function unbalanced(text: string): string {
  const code = text.replace(
    /\\\*.*|--.*|\/\*[^]*?\*\/|\/\/.*|"[^"\n]*"|'[^'\n]*'|`[^`]*`|\(\*.*?\*\)/g,
    "",
  );
  const open: string[] = [];
  for (const c of code.match(/[()[\]{}]/g) ?? []) {
    const opened = { ")": "(", "]": "[", "}": "{" }[c];
    if (opened === undefined) open.push(c);
    else if (open.pop() !== opened) return c;
  }
  return open.join("");
}

function holesOf({ layer, text, files }: Source): string[] {
  return [
    ...(text.trim() === "" ? [`${layer}: no text`] : []),
    ...(files.length === 0 ? [`${layer}: no file`] : []),
    ...(unbalanced(text) === "" ? [] : [`${layer}: ${unbalanced(text)} is left over`]),
    ...(layer === "SQL" && !/;$/.test(text) ? [`${layer}: no end`] : []),
  ];
}

const layersOf = ({ sources, exchanges }: Story): readonly string[] =>
  [...sources, ...exchanges].map(({ layer }) => layer);

/** The languages in which a story must have its text. */
function wanted({ kind, name, module, facts }: Story): readonly string[] {
  if (kind === "bug") return facts["planted in"]!.split(", ").map((form) => form.split(" ")[0]!);
  if (module === null) return ["audit"];
  const sql =
    kind === "action" &&
    module === "SegmentedStorage" &&
    actions[name as ActionName].family !== "environment";
  return ["TLA+", "core", ...(sql ? ["SQL"] : [])];
}

/** Everything that is empty, or cut off. */
export function holes(story: Story): string[] {
  const { kind, name, about, loss, sources, exchanges, run, whyNoRun, commands } = story;
  const missing = wanted(story).filter((layer) => !layersOf(story).includes(layer));
  const same = exchanges.filter(({ right, wrong }) => right === wrong || right === "");
  const silent = (run?.steps ?? []).filter(({ changes }) => changes.length === 0);
  return [
    ...(about === "" ? ["no sentence"] : []),
    ...(kind !== "action" && !loss ? ["no loss"] : []),
    ...missing.map((layer) => `nothing in ${layer}`),
    ...sources.flatMap(holesOf),
    ...same.map(({ what }) => `${what}: nothing is exchanged`),
    ...(run ? (run.steps.length === 0 ? ["an empty run"] : []) : whyNoRun ? [] : ["no run"]),
    ...silent.map(({ call }) => `${call} changes nothing`),
    ...(kind === "action" && !run?.steps.at(-1)?.call.startsWith(name) ? ["another run"] : []),
    ...(commands.length === 0 ? ["no command"] : []),
  ];
}
