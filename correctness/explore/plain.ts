/** TLA+ values as the plain data of focused machines, and what differs between two states. */

import type { Plain } from "../../src/core/index.js";
import { canonical } from "../../src/core/index.js";
import { parseState, type Tla } from "../tlc/values.js";

/** Sets become arrays; records, functions and sequences become objects by key. */
export function plain(value: Tla): Plain {
  if (typeof value !== "object") return value;
  const fields = (pairs: readonly (readonly [string, Tla])[]): Plain =>
    Object.fromEntries(pairs.map(([key, image]) => [key, plain(image)]));
  if (Array.isArray(value)) return fields(value.map((v, i) => [String(i + 1), v] as const));
  if ("set" in value) return value.set.map(plain);
  if ("rec" in value) return fields(Object.entries(value.rec));
  return fields(value.fn.map(([key, image]) => [String(key), image] as const));
}

/** A state as TLC prints it. */
export const readPlain = (text: string): object =>
  Object.fromEntries(Object.entries(parseState(text)).map(([name, v]) => [name, plain(v)]));

/** The variables whose values differ, a line each. */
export const plainChanges = (from: object, to: object): string[] =>
  Object.entries(to as Record<string, Plain>).flatMap(([name, value]) => {
    const before = canonical((from as Record<string, Plain>)[name]!);
    const after = canonical(value);
    return before === after ? [] : [`  ${name}: ${before} → ${after}`];
  });
