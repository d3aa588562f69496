/** Which calls meet, and in which state: two of which each matters to the other. */

import type { Scope } from "../../src/core/index.js";
import {
  answer,
  initial,
  type ContractState,
  type Operation,
  type Outcome,
} from "../../src/memory/index.js";
import { answered, callsIn, inBounds, pictureOf, trialsOf } from "./calls.js";
import { limitsOf, type StorageUnderTest } from "./storage.js";

export interface Meeting {
  /** The calls that lead to the state in which they meet. */
  readonly path: readonly Operation[];
  readonly calls: readonly [Operation, Operation];
}

/** So many calls lead to a state at most: by then every two operations have met. */
const DEPTH = 6;

interface Node {
  readonly path: readonly Operation[];
  readonly state: ContractState;
}

/** The states in reach of the plainest queue that keeps the contract, nearest first. */
function nodesOf(
  limits: ReturnType<typeof limitsOf>,
  operations: readonly Operation[],
  scope: Scope,
): readonly Node[] {
  const nodes: Node[] = [{ path: [], state: initial(limits) }];
  const seen = new Set(nodes.map(({ state }) => pictureOf(state)));
  for (const { path, state } of nodes) {
    if (path.length === DEPTH) break;
    for (const operation of operations) {
      const next = answered(state, operation);
      if (!next || !inBounds(next, scope)) continue;
      const picture = pictureOf(next);
      if (seen.size === seen.add(picture).size) continue;
      nodes.push({ path: [...path, operation], state: next });
    }
  }
  return nodes;
}

const wordOf = ({ result, each }: Outcome): string => each?.join(" ") ?? result;

/** What a call does in a state, if it does anything. */
interface Move {
  readonly operation: Operation;
  readonly next: ContractState;
  readonly outcome: Outcome;
}

/** Whether the plainest queue answers the second one otherwise behind the first one. */
function matters(first: Move, second: Move): boolean {
  const { operation, outcome } = second;
  if (!answered(first.next, operation)) return true;
  const after = answer(first.next, operation).outcome;
  return JSON.stringify(after) !== JSON.stringify(outcome);
}

function movesIn({ state }: Node, operations: readonly Operation[]): readonly Move[] {
  return operations.flatMap((operation) => {
    if (operation.action === "PassTime" || !answered(state, operation)) return [];
    const { state: next, outcome } = answer(state, operation);
    return pictureOf(next) === pictureOf(state) ? [] : [{ operation, next, outcome }];
  });
}

const kindOf = ({ operation, outcome }: Move): string => `${operation.action} ${wordOf(outcome)}`;

/** For every two kinds of answers the first states in which they meet, so many of each. */
export function meetingsOf(storage: StorageUnderTest, ofEach: number): readonly Meeting[] {
  const meetings: Meeting[] = [];
  const counts = new Map<string, number>();
  for (const { scope } of trialsOf(storage)) {
    const operations = callsIn(storage, scope);
    for (const node of nodesOf(limitsOf(storage), operations, scope)) {
      const moves = movesIn(node, operations);
      for (const [i, first] of moves.entries())
        for (const second of moves.slice(i)) {
          const kind = `${kindOf(first)} ‖ ${kindOf(second)}`;
          const count = counts.get(kind) ?? 0;
          if (count === ofEach || !(matters(first, second) || matters(second, first))) continue;
          if (isTwice(first, second)) continue;
          counts.set(kind, count + 1);
          meetings.push({ path: node.path, calls: [first.operation, second.operation] });
        }
    }
  }
  return meetings;
}

/** Nobody enqueues the same jobs twice: their names are their caller's. */
const isTwice = ({ operation: a }: Move, { operation: b }: Move): boolean =>
  a.action === "Enqueue" &&
  b.action === "Enqueue" &&
  a.args.batch.some((job) => b.args.batch.includes(job));
