/**
 * The databases among the explored states, as a tree of calls that reach each of them once. States
 * that differ only in what workers know share a database, and Postgres sees only that.
 */

import { encodeDb, type Call, type Scope, type State } from "../../src/core/index.js";
import type { Graph } from "../explore/explorer.js";

export interface Node {
  /** The first explored state with this database. */
  readonly state: State;
  readonly parent: Node | null;
  /** The call that leads here from the parent. */
  readonly via: Call | null;
  readonly children: Node[];
  /** How many explored states have this database. */
  states: number;
}

/** All nodes, parents before children; the first is the root. */
export function databaseTree(graph: Graph, scope: Scope): readonly Node[] {
  const nodes: Node[] = [];
  const byDb = new Map<string, Node>();
  const nodeOf: Node[] = [];
  graph.states.forEach((state, i) => {
    const key = encodeDb(state.db, scope);
    let node = byDb.get(key);
    if (!node) {
      const parent = i === 0 ? null : nodeOf[graph.parent[i]!]!;
      node = { state, parent, via: graph.via[i]!, children: [], states: 0 };
      parent?.children.push(node);
      byDb.set(key, node);
      nodes.push(node);
    }
    node.states++;
    nodeOf.push(node);
  });
  return nodes;
}

/** The nodes from below the root to this one. */
export function wayTo(node: Node): Node[] {
  const way: Node[] = [];
  for (let at = node; at.parent; at = at.parent) way.push(at);
  return way.reverse();
}

/** The calls from the root to this node. */
export const callsTo = (node: Node): Call[] => wayTo(node).map(({ via }) => via!);

/** A connected piece of the tree: its top node, and which nodes belong to it. */
export interface Piece {
  readonly top: Node;
  readonly nodes: ReadonlySet<Node>;
}

/** How many explored states have databases in these. */
export const statesIn = (some: readonly Piece[]): number =>
  some.flatMap((piece) => [...piece.nodes]).reduce((sum, { states }) => sum + states, 0);

/** Cuts the tree into pieces of about `size` nodes, so that each fits one transaction. */
export function pieces(nodes: readonly Node[], size: number): readonly Piece[] {
  const open = new Map<Node, Node[]>();
  const cut: Piece[] = [];
  for (const node of [...nodes].reverse()) {
    const members = [node, ...node.children.flatMap((c) => open.get(c) ?? [])];
    node.children.forEach((c) => open.delete(c));
    if (members.length >= size || !node.parent) cut.push({ top: node, nodes: new Set(members) });
    else open.set(node, members);
  }
  return cut;
}
