/**
 * Names what TLC reports only by place. A violated `[][A]_v` inside a refinement is reported as
 * "line 8, col 12 to line 8, col 21 of module Abs"; the reader wants the PROPERTY of the cfg that
 * leads there. Definitions are found by their layout: one per line start, as in every module here.
 */
import type { Cfg } from "./cfg.js";
import type { Violation } from "./outcome.js";

interface Definition {
  readonly module: string;
  /** Empty for a declaration, such as an unnamed ASSUME. */
  readonly name: string;
  readonly line: number;
  body: string;
}

const PLACE = /^line (\d+), col \d+ to line \d+, col \d+ of module (\w+)$/;
const DEFINES = /^(?:LOCAL\s+|ASSUME\s+|THEOREM\s+)?(\w+)(?:\([^)]*\)|\[[^\]]*\])?\s*==(?!=)/;
const DECLARES = /^(?:ASSUME|THEOREM|CONSTANTS?|VARIABLES?|EXTENDS|INSTANCE)\b|^-{4}|^={4}/;

export function nameViolation(
  violation: Violation,
  cfg: Cfg,
  modules: ReadonlyMap<string, string>,
): Violation {
  const definitions = [...modules].flatMap(([module, text]) => definitionsOf(module, text));
  if (violation.name === "") return { ...violation, name: temporalName(cfg, definitions) };
  const place = PLACE.exec(violation.name);
  if (!place) return violation;
  const [, line, module] = place;
  const at = definitions.findLast((def) => def.module === module && def.line <= Number(line));
  const fallback = `line ${line} of module ${module}`;
  if (violation.kind === "assumption") return { ...violation, name: at?.name || fallback };
  const name = at && propertiesLeadingTo(at.name, cfg.properties, definitions);
  return { ...violation, name: name || fallback };
}

function definitionsOf(module: string, text: string): Definition[] {
  const found: Definition[] = [];
  text.split("\n").forEach((row, index) => {
    const name = DEFINES.exec(row)?.[1];
    if (name !== undefined || DECLARES.test(row)) {
      found.push({ module, name: name ?? "", line: index + 1, body: "" });
    }
    const current = found.at(-1);
    if (current && !row.startsWith("\\*")) current.body += `${row}\n`;
  });
  return found;
}

/** TLC does not say which liveness property fails: only what is not plain `[][A]_v` can be it. */
function temporalName(cfg: Cfg, definitions: readonly Definition[]): string {
  const isAction = (name: string) =>
    definitions.some((def) => def.name === name && /==\s*\[\]\[[^]*\]_\S+\s*$/.test(def.body));
  const temporal = cfg.properties.filter((name) => !isAction(name));
  return (temporal.length > 0 ? temporal : cfg.properties).join(" or ");
}

/** The properties whose definition reaches `target` in the fewest steps. */
function propertiesLeadingTo(
  target: string,
  properties: readonly string[],
  definitions: readonly Definition[],
): string {
  const distance = (property: string) => {
    const seen = new Set([property]);
    for (let names = [property], steps = 0; names.length > 0; steps++) {
      if (names.includes(target)) return steps;
      const used = definitions.filter((def) => names.includes(def.name)).map((def) => def.body);
      names = [...new Set(used.join(" ").match(/\w+/g) ?? [])].filter((word) => !seen.has(word));
      for (const name of names) seen.add(name);
    }
    return Infinity;
  };
  const distances = new Map(properties.map((property) => [property, distance(property)]));
  const least = Math.min(...distances.values());
  if (least === Infinity) return "";
  return properties.filter((property) => distances.get(property) === least).join(" or ");
}
