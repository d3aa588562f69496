/**
 * Whether what several sessions got and left is explained: by some serial order of their calls in
 * the core, where a call that met a lock which it does not wait for did what it does then.
 */

import { isDeepStrictEqual } from "node:util";
import {
  actions,
  encodeDb,
  step,
  type ActionTable,
  type Call,
  type Outcome,
  type Scope,
  type State,
} from "../../src/core/index.js";
import type { Ran } from "./arena.js";
import { hinder, type Hindrance } from "./hindrance.js";

/** A serial order of calls, and what the core says of it. */
export interface Serial {
  readonly order: readonly number[];
  readonly outcomes: readonly Outcome[];
  /** At the end. */
  readonly state: State;
  /** Canonical text of the rows then. */
  readonly db: string;
}

export interface Explained {
  /** The order in which the calls had their effect. */
  readonly order: readonly number[];
  /** The calls that were turned away, or passed rows over, because of a lock. */
  readonly benign: readonly number[];
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) =>
    permutations(items.filter((i) => i !== first)).map((rest) => [first, ...rest]),
  );
}

export class Explainer {
  /** Every serial order of the calls, unhindered. */
  readonly serials: readonly Serial[];
  private readonly calls: readonly Call[];
  private readonly state: State;
  private readonly scope: Scope;
  private readonly table: ActionTable;
  private readonly orders: readonly (readonly number[])[];

  constructor(state: State, calls: readonly Call[], scope: Scope, table: ActionTable = actions) {
    this.state = state;
    this.calls = calls;
    this.scope = scope;
    this.table = table;
    this.orders = permutations(calls.map((_, i) => i));
    this.serials = this.orders.map((order) => this.inOrder(order, [], [])!);
  }

  /** Null if one of those calls meets nothing there that hinders it. */
  private inOrder(
    order: readonly number[],
    hindered: readonly number[],
    met: readonly Hindrance[],
  ): Serial | null {
    const { scope, table } = this;
    const outcomes: Outcome[] = [];
    let { state } = this;
    for (const i of order) {
      const call = this.calls[i]!;
      const next = hindered.includes(i)
        ? hinder({ state, call, met: met[i]!, scope, table })
        : step(state, call, scope, table);
      if (!next) return null;
      outcomes[i] = next.outcome;
      state = next.state;
    }
    return { order, outcomes, state, db: encodeDb(state.db, scope) };
  }

  /** What explains a run, or null; unhindered rather than hindered. */
  explain(ran: Ran): Explained | null {
    if (ran.faults.length > 0 || ran.outcomes.some((o) => o instanceof Error)) return null;
    const db = encodeDb(ran.db, this.scope);
    const fits = (s: Serial) => s.db === db && isDeepStrictEqual(s.outcomes, ran.outcomes);
    const unhindered = this.serials.find(fits);
    if (unhindered) return { order: unhindered.order, benign: [] };
    for (const some of subsets(this.calls.map((_, i) => i)).slice(1)) {
      for (const order of this.orders) {
        const serial = this.inOrder(order, some, ran.met);
        if (serial && fits(serial)) return { order, benign: some };
      }
    }
    return null;
  }
}

/** Smallest first, and so the empty one. */
function subsets(items: readonly number[]): readonly (readonly number[])[] {
  const all = items.reduce<number[][]>((sets, i) => [...sets, ...sets.map((s) => [...s, i])], [[]]);
  return all.sort((a, b) => a.length - b.length);
}
