/**
 * The databases of a configuration on which mutants are looked for: all of them, or, for each
 * action, the first of every kind: what it answers there, and which tables it changes; and, where
 * more is tried, which tables have rows, and whether those are in several lanes or slots.
 */

import {
  actions,
  tableNames,
  wordsOf,
  type ActionName,
  type Db,
  type Scope,
} from "../../src/core/index.js";
import { attempts, expect, presentable } from "../conform/attempts.js";
import { databaseTree, pieces, wayTo, type Node, type Piece } from "../conform/tree.js";
import { changedTables } from "../explore/changed.js";
import type { Explored } from "./core.js";

/** Some databases, and the piece of the tree with the ways to them. */
export interface Part {
  readonly piece: Piece;
  readonly checked: ReadonlySet<Node>;
}

export interface Tree {
  readonly scope: Scope;
  readonly all: readonly Piece[];
  /** For these actions; near the root first. */
  some(only: readonly ActionName[], thorough: boolean): readonly Part[];
}

/** By the names of the configurations. */
export type Trees = ReadonlyMap<string, Tree>;

/** Databases per transaction. */
const PIECE = 30;

/** Of each kind, and of each that is told apart by the rows of the tables, too. */
const EXAMPLES = { first: 2, thorough: 1 };

/** Kinds are looked for among so many databases. */
const DATABASES = 800;

const part = (root: Node, some: readonly Node[]): Part => ({
  piece: { top: root, nodes: new Set([root, ...some.flatMap(wayTo)]) },
  checked: new Set(some),
});

/** Of each table: no row, one, or several; of these, whether they have one lane, and one slot. */
function shapeOf(db: Db): string {
  const shape = (rows: readonly object[]): string => {
    if (rows.length < 2) return `${rows.length}`;
    const several = (key: string) => new Set(rows.map((row) => Reflect.get(row, key))).size > 1;
    return several("lane") ? (several("slot") ? "#" : "-") : several("slot") ? "|" : ".";
  };
  return tableNames.map((t) => shape(db[t])).join("");
}

/** Examples of each action's kinds. */
type Kinds = ReadonlyMap<ActionName, ReadonlySet<Node>>;

/** The same kinds, apart by the rows of the tables. */
function kindsOf(nodes: readonly Node[], scope: Scope): readonly [Kinds, Kinds] {
  const tries = attempts(scope);
  const names = [...new Set(tries.map(({ action }) => action))];
  const empty = (): Map<ActionName, Set<Node>> => new Map(names.map((name) => [name, new Set()]));
  const found = [empty(), empty()] as const;
  const counts = new Map<string, number>();
  const add = (to: Set<Node>, node: Node, key: string, most: number): void => {
    const count = counts.get(key) ?? 0;
    if (count < most) to.add(node);
    counts.set(key, count + 1);
  };
  for (const node of nodes) {
    const { state } = node;
    const rows = shapeOf(state.db);
    const seen = new Set<string>();
    for (const attempt of tries) {
      if (!presentable(state, attempt)) continue;
      const after = expect(state, attempt, scope, actions);
      const words = after.outcomes.flatMap(wordsOf).join();
      const key = `${attempt.action} ${words} ${changedTables(state.db, after.state.db)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      add(found[0].get(attempt.action)!, node, key, EXAMPLES.first);
      add(found[1].get(attempt.action)!, node, `${key} ${rows}`, EXAMPLES.thorough);
    }
  }
  return found;
}

function treeOf({ scope, graph }: Explored): Tree {
  const nodes = databaseTree(graph, scope);
  const near = nodes.slice(0, DATABASES);
  let kinds: readonly [Kinds, Kinds] | undefined;
  return {
    scope,
    all: [...pieces(nodes, PIECE)].reverse(),
    some(only, thorough) {
      const [few, more] = (kinds ??= kindsOf(near, scope));
      const wanted = new Set(
        only.flatMap((name) => [...((thorough ? more : few).get(name) ?? [])]),
      );
      const inOrder = near.filter((node) => wanted.has(node));
      return Array.from({ length: Math.ceil(inOrder.length / PIECE) }, (_, i) =>
        part(nodes[0]!, inOrder.slice(i * PIECE, (i + 1) * PIECE)),
      );
    },
  };
}

export const treesOf = (all: readonly Explored[]): Trees =>
  new Map(all.map((explored) => [explored.entry.name, treeOf(explored)]));
