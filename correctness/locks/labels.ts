/** Which labelled statements the operations can come to, and which of them no plan shows. */

import { actionNames, type ActionName } from "../../src/core/index.js";
import { definitions, definitionsFor } from "../definitions.js";
import { labelled } from "../interleave/instrument.js";

/** The labels of everything that these operations call, directly or not. */
export const labelsOf = (operations: readonly ActionName[]): readonly string[] =>
  definitionsFor(definitions(), operations)
    .flatMap(({ sql }) => labelled(sql))
    .map(({ label }) => label);

/** What no operation of the model calls: claimers, counts, passes of rescue over a whole ring. */
export function outside(): readonly string[] {
  const inside = new Set(labelsOf(actionNames));
  return definitions()
    .flatMap(({ sql }) => labelled(sql))
    .map(({ label }) => label)
    .filter((label) => !inside.has(label));
}
