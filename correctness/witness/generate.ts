/** Witnesses: the shortest behaviour of the core that has each shape. */

import { actions, storageMachine, type ActionTable, type Scope } from "../../src/core/index.js";
import { replay, type TraceStep } from "../explore/explorer.js";
import { readScope } from "../explore/scope.js";
import { shortest } from "./search.js";
import type { Moment } from "./moments.js";
import type { Shape } from "./shapes.js";

export interface Witness {
  readonly shape: Shape;
  readonly name: string;
  readonly configuration: string;
  readonly scope: Scope;
  /** The first step is the initial state. */
  readonly trace: readonly TraceStep[];
  /** Per step, the moment of the shape that it is. */
  readonly moments: readonly (Moment | null)[];
}

/** Null where the core has no such behaviour within the configuration's bounds. */
export async function witnessOf(
  shape: Shape,
  table: ActionTable = actions,
): Promise<Witness | null> {
  const { name, configuration } = shape;
  const scope = await readScope(`${configuration}.cfg`);
  const machine = storageMachine(scope, { table });
  const found = shortest(machine, shape, scope.jobs);
  if (!found) return null;
  const trace = replay(found.calls, machine);
  return { shape, name, configuration, scope, trace, moments: [null, ...found.moments] };
}
