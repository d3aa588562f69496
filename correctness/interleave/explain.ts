/**
 * Whether what several sessions got and left is explained: by some serial order of their calls in
 * the core, where a call that lost a race for a lock may have been turned away without effect.
 */

import { isDeepStrictEqual } from "node:util";
import {
  actions,
  encodeDb,
  step,
  type ActionName,
  type ActionTable,
  type Call,
  type Outcome,
  type Scope,
  type State,
} from "../../src/core/index.js";
import type { Held, Ran } from "./arena.js";
import { conflict, type Mode } from "./footprint.js";

/** A serial order of calls, and what the core says of it. */
interface Serial {
  readonly order: readonly number[];
  readonly outcomes: readonly Outcome[];
  readonly db: string;
}

export interface Explained {
  /** The order in which the calls had their effect. */
  readonly order: readonly number[];
  /** The calls that were turned away because of a lock. */
  readonly benign: readonly number[];
}

const queue = [
  "ready_entries",
  "ready_tombstones",
  "attempt_evidence",
  "done_entries",
  "receipt_completion_batches",
  "receipt_completion_tombstones",
  "queue_terminal_count_deltas",
];
const claims = ["lease_claims", "lease_claim_closures"];
const leases = ["leases"];

/** What a call tries to lock and does not wait for: with it, these answers change nothing. */
interface Benign {
  readonly words: readonly string[];
  /** Tables of which it tries to lock rows. */
  readonly rows: readonly string[];
  /** Tables that it tries to lock, or of which it tries to lock a slot. */
  readonly tables: readonly string[];
  readonly mode: Mode;
}

const tries = (words: string[], rows: string[], tables: string[] = []): Benign => ({
  words,
  rows,
  tables,
  mode: "AccessExclusiveLock",
});
const rotate = (tables: string[]): Benign => ({
  ...tries(["blocked"], ["rings"], tables),
  mode: "ShareLock",
});

export const benign: { readonly [N in ActionName]?: Benign } = {
  Claim: tries(["empty"], ["lane_claim_heads"]),
  AdvanceClaimCursor: tries(["noop"], ["lane_claim_heads"]),
  RescueStaleReceipts: tries(["noop"], ["lease_claims"]),
  RescueExpiredDeadlines: tries(["noop"], ["lease_claims"]),
  RescueStaleLeases: tries(["noop"], ["lease_claims"]),
  RescueExpiredLeaseDeadlines: tries(["noop"], ["lease_claims"]),
  RescueCallbackTimeouts: tries(["noop"], ["lease_claims"]),
  RotateQueue: rotate(queue),
  RotateClaims: rotate(claims),
  RotateLeases: rotate(leases),
  PruneQueue: tries(
    ["blocked"],
    ["rings", "lane_enqueue_heads"],
    [...queue, ...claims, ...leases, "queue_terminal_live_counts"],
  ),
  PruneClaims: tries(["blocked"], ["rings", "claim_slots"], [...queue, ...claims, ...leases]),
  PruneLeases: tries(["blocked"], ["rings"], [...queue, ...claims, ...leases]),
};

const locksRows = (mode: string): boolean => mode === "RowShareLock" || mode === "RowExclusiveLock";

/** Whether one of these locks, held by somebody else just then, turns such a call away. */
function turnsAway({ rows, tables, mode }: Benign, held: readonly Held[]): boolean {
  return held.some(
    ({ table, mode: other }) =>
      (rows.includes(table) && locksRows(other)) ||
      (tables.includes(table) && conflict(mode, other as Mode)),
  );
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) =>
    permutations(items.filter((i) => i !== first)).map((rest) => [first, ...rest]),
  );
}

export class Explainer {
  private readonly calls: readonly Call[];
  private readonly state: State;
  private readonly scope: Scope;
  private readonly table: ActionTable;
  private readonly serials = new Map<string, readonly Serial[]>();

  constructor(state: State, calls: readonly Call[], scope: Scope, table: ActionTable = actions) {
    this.state = state;
    this.calls = calls;
    this.scope = scope;
    this.table = table;
  }

  /** Every serial order of some of the calls. */
  serialsOf(some: readonly number[]): readonly Serial[] {
    const known = this.serials.get(some.join());
    if (known) return known;
    const found = permutations(some).map((order): Serial => {
      const outcomes: Outcome[] = [];
      let state = this.state;
      for (const i of order) {
        const next = step(state, this.calls[i]!, this.scope, this.table);
        outcomes[i] = next.outcome;
        state = next.state;
      }
      return { order, outcomes, db: encodeDb(state.db, this.scope) };
    });
    this.serials.set(some.join(), found);
    return found;
  }

  /** What explains a run, or null. */
  explain(ran: Ran): Explained | null {
    if (ran.faults.length > 0 || ran.outcomes.some((o) => o instanceof Error)) return null;
    const outcomes = ran.outcomes as readonly Outcome[];
    const db = encodeDb(ran.db, this.scope);
    const all = this.calls.map((_, i) => i);
    const refused = all.filter((i) => this.wasTurnedAway(i, outcomes[i]!, ran.seen[i]!));
    for (const some of subsets(refused)) {
      const rest = all.filter((i) => !some.includes(i));
      const serial = this.serialsOf(rest).find(
        (s) => s.db === db && rest.every((i) => isDeepStrictEqual(s.outcomes[i], outcomes[i])),
      );
      if (serial) return { order: serial.order, benign: some };
    }
    return null;
  }

  private wasTurnedAway(i: number, { result }: Outcome, held: readonly Held[]): boolean {
    const declared = benign[this.calls[i]!.action];
    return declared !== undefined && declared.words.includes(result) && turnsAway(declared, held);
  }
}

/** Smallest first. */
function subsets(items: readonly number[]): readonly (readonly number[])[] {
  const all = items.reduce<number[][]>((sets, i) => [...sets, ...sets.map((s) => [...s, i])], [[]]);
  return all.sort((a, b) => a.length - b.length);
}
