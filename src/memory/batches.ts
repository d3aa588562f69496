/** Promises about lists: of a batch, or of what an answer names. */

import { unless, type Why } from "./life.js";

/** The first broken promise of a batch; every element meets what the ones before it left. */
export function each<T>(items: readonly T[], one: (item: T, index: number) => Why): Why {
  for (const [index, item] of items.entries()) {
    const broken = one(item, index);
    if (broken) return broken;
  }
  return undefined;
}

export const some = (list: readonly unknown[], what: string): Why =>
  unless(list.length > 0, `it names no ${what}`);

export const none = (list: readonly unknown[]): Why =>
  unless(list.length === 0, `the batch has ${list.length} element(s)`);
