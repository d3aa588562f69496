/** What became of a mutant: what each check that looked for it saw. */

import { equivalent } from "./equivalent.js";
import type { CheckName, Kill } from "./hunter.js";

/** What a check made of a mutant. */
export interface Look {
  /** Null if it does not see the difference. */
  readonly kill: Kill | null;
  /** What the same look finds where nothing is changed: nothing, or the check is wrong. */
  readonly falsely?: Kill | null;
  readonly seconds: number;
}

export interface Fate {
  readonly name: string;
  /** What was changed into what, or what is wrong, on one line. */
  readonly about: string;
  /** By the checks that looked for it, in their order. */
  readonly looks: ReadonlyMap<CheckName, Look>;
  /** All of these claim to find it; else one is enough. */
  readonly every: boolean;
  /** What Postgres says of a definition that it does not take: it is no mutant. */
  readonly stillborn?: string;
}

export type End = "killed" | "survived" | "equivalent" | "stillborn" | "not equivalent";

/** That a mutant is equivalent is disproved by any kill. */
export function endOf({ name, looks, every, stillborn }: Fate): End {
  if (stillborn !== undefined) return "stillborn";
  const kills = [...looks.values()].map(({ kill }) => kill !== null);
  if (name in equivalent) return kills.some(Boolean) ? "not equivalent" : "equivalent";
  return kills.length > 0 && (every ? kills.every(Boolean) : kills.some(Boolean))
    ? "killed"
    : "survived";
}

/** Found where nothing is wrong. */
export const falseAlarms = ({ looks }: Fate): readonly Kill[] =>
  [...looks.values()].flatMap(({ falsely }) => falsely ?? []);

export const secondsOf = ({ looks }: Fate): number =>
  [...looks.values()].reduce((sum, { seconds }) => sum + seconds, 0);

/** How long a look took, with what it saw. */
export async function timed(look: () => Promise<Omit<Look, "seconds">>): Promise<Look> {
  const began = performance.now();
  const seen = await look();
  return { ...seen, seconds: (performance.now() - began) / 1000 };
}
