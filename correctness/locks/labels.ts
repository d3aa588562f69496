/** Which labelled statements the operations can come to. */

import { definitions, definitionsFor, type Definition } from "../definitions.js";
import { labelled } from "../interleave/instrument.js";
import { functionOf, type Operation } from "./operations.js";

const labelsIn = (some: readonly Definition[]): readonly string[] =>
  some.flatMap(({ sql }) => labelled(sql)).map(({ label }) => label);

/** The labels of everything that these operations call, directly or not. */
export const labelsOf = (operations: readonly Operation[]): readonly string[] =>
  labelsIn(definitionsFor(definitions(), operations.map(functionOf)));

/** Every label that ships. */
export const allLabels = (): readonly string[] => labelsIn(definitions());
