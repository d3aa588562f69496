/** A counterexample of LockOrder as a schedule: whose turn it is, and what it asks for. */

import type { TraceStep } from "../tlc/outcome.js";
import type { Tla, TlaRecord, TlaState } from "../tlc/values.js";

/** Something that is locked: a relation, or a row of one. */
export interface Thing {
  readonly on: string;
  readonly mode: string;
}

export interface Turn extends Thing {
  /** The transaction, from 0. */
  readonly session: number;
  /** The operation that it makes. */
  readonly operation: string;
  /** Whether it waits for what it asks for. */
  readonly waits: boolean;
}

const list = (value: Tla | undefined): readonly Tla[] => {
  if (!Array.isArray(value)) throw new Error("a state of LockOrder has sequences");
  return value;
};
const record = (value: Tla | undefined): Record<string, Tla> => (value as TlaRecord).rec;

/** The transaction that takes this step of the trace. */
function actor(before: TlaState, after: TlaState): number {
  const [was, is] = [list(before["at"]), list(after["at"])];
  const moved = was.findIndex((at, t) => at !== is[t]);
  if (moved >= 0) return moved;
  const waiting = list(before["queue"]);
  const joined = list(after["queue"]).find((t) => !waiting.includes(t));
  return Number(joined) - 1;
}

const taken: Readonly<Record<string, { readonly waits: boolean }>> = {
  Lock: { waits: false },
  Wait: { waits: true },
};

/** Of transactions that only take locks and wait; a trace with anything else is an error. */
export function turns(trace: readonly TraceStep[]): readonly Turn[] {
  const met = trace.findIndex(({ action }) => action === "Meet");
  return trace.slice(met + 1).map(({ action, state }, i) => {
    const before = trace[met + i]!.state;
    const session = actor(before, state);
    const plan = record(list(before["plans"])[session]);
    const at = Number(list(before["at"])[session]);
    const step = record(list(plan["steps"])[at - 1]);
    const how = taken[action];
    if (!how) throw new Error(`${action} is no turn of a schedule`);
    return {
      session,
      operation: String(plan["op"]),
      on: String(step["on"]),
      mode: String(step["mode"]),
      ...how,
    };
  });
}

/** Sessions are counted from 1 where people read it. */
export const turnText = ({ session, operation, on, mode, waits }: Turn): string =>
  `${session + 1} ${operation} ${waits ? "waits for" : "locks"} ${on} (${mode})`;
