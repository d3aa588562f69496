/** Claims that count, without doing anything: each item as often as is said. */

import type { Claim, ClaimId, Verdict } from "../../correctness/claims.js";
import { columns, Counts, type Column } from "../../correctness/coverage/counts.js";
import { itemsOf, type Item } from "../../correctness/coverage/items.js";
import type { Counted } from "../../correctness/coverage/judge.js";
import { claims } from "../../correctness/registry.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile } from "../../correctness/tlc/suite.js";

export const manifest = await readManifest(manifestFile());
export const items = itemsOf(manifest);

/** The claims that count. */
export const counting: readonly Claim[] = claims.filter(({ fills }) => fills !== undefined);

/** How often the item occurs there. */
export type Often = (item: Item, column: Column) => number;

/** Each wherever it applies, unless told otherwise. */
export const once: Often = ({ applies }, column) => (applies.includes(column) ? 1 : 0);

/** All but this one, there. */
export const without =
  (missing: Item, there: Column): Often =>
  (item, column) =>
    item === missing && column === there ? 0 : once(item, column);

/** What these claims count of the items, in the columns that they fill. */
export function countsOf({ fills = {} }: Pick<Claim, "fills">, often: Often): Counts {
  const counts = new Counts();
  for (const column of columns)
    for (const item of items)
      if (fills[column]?.includes(item.kind) && often(item, column) > 0)
        counts.add(column, item.name, often(item, column));
  return counts;
}

/** All of them, holding unless told otherwise. */
export const counted = (
  often: Often,
  verdicts: Partial<Record<ClaimId, Verdict>> = {},
): readonly Counted[] =>
  counting.map((claim) => ({
    claim,
    result: { verdict: verdicts[claim.id] ?? "holds", counts: countsOf(claim, often) },
  }));
