/** The explanation of a history as a file that other TLA+ tools open. */

import { initialState, type Call } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import type { TraceStep } from "../explore/explorer.js";
import { itf } from "../report/itf.js";
import { write } from "./file.js";
import type { History } from "./history.js";
import { changed, Reader } from "./rows.js";
import { scopeOf } from "./scope.js";
import type { Placed } from "./storage.js";

/** Every state is all the rows that there were: more would be of no use to anybody. */
const LONGEST = 2_000;

/** The states of the model, from call to call; who knows which tokens is not among the rows. */
function stepsOf({ header }: History, order: readonly Placed[]): readonly TraceStep[] {
  const scope = scopeOf(header);
  const reader = new Reader(scope);
  const start = initialState(scope);
  const steps = order.map(({ event, outcome, before }): TraceStep => {
    const { action, args, tick, changes = [] } = event;
    const db = reader.at(changed(before, changes).after, tick);
    return { call: { action, args } as Call, outcome, state: { ...start, db } };
  });
  return [{ call: null, outcome: null, state: start }, ...steps];
}

/** Throws a UserError where the history is none of ringproof, or too long, or cannot be written. */
export async function writeItf(
  file: string,
  history: History,
  order: readonly Placed[],
): Promise<void> {
  const { storage, slots } = history.header;
  if (!slots)
    throw new UserError("Only histories of ringproof have rows to show.", "Leave out --itf.");
  if (order.length > LONGEST)
    throw new UserError(
      `The explanation has ${order.length} calls; up to ${LONGEST} can be written as ITF.`,
      "Record a shorter history: --events.",
    );
  await write(file, `${JSON.stringify(itf(stepsOf(history, order), { storage }))}\n`);
}
