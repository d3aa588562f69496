/** The databases as a tree of calls, and its pieces: nothing is left out, nothing comes twice. */

import { describe, expect, test } from "vitest";
import { explore, replay } from "../../correctness/explore/explorer.js";
import { callsTo, databaseTree, pieces } from "../../correctness/conform/tree.js";
import { encodeDb, storageMachine } from "../../src/core/index.js";
import { scope } from "./scope.js";

const graph = explore(storageMachine(scope), { properties: [] });
const nodes = databaseTree(graph, scope);

test("every database of the graph is one node", () => {
  const keys = nodes.map(({ state }) => encodeDb(state.db, scope));
  expect(new Set(keys).size).toBe(nodes.length);
  expect(new Set(keys)).toEqual(new Set(graph.states.map(({ db }) => encodeDb(db, scope))));
  expect(nodes.length).toBeLessThan(graph.states.length);
});

test("parents come before children, and the first is the root", () => {
  const place = new Map(nodes.map((node, i) => [node, i]));
  expect(nodes.filter((node) => node.parent === null)).toEqual([nodes[0]]);
  for (const node of nodes)
    for (const child of node.children) {
      expect(child.parent).toBe(node);
      expect(place.get(child)!).toBeGreaterThan(place.get(node)!);
    }
});

test("the calls to a node lead to its database", () => {
  for (const node of nodes) {
    const { state } = replay(callsTo(node), storageMachine(scope)).at(-1)!;
    expect(encodeDb(state.db, scope)).toBe(encodeDb(node.state.db, scope));
  }
});

describe.each([1, 2, 7, 50, nodes.length, 10 * nodes.length])("pieces of %i", (size) => {
  const cut = pieces(nodes, size);

  test("every node is in exactly one", () => {
    const members = cut.flatMap((piece) => [...piece.nodes]);
    expect(members.length).toBe(nodes.length);
    expect(new Set(members)).toEqual(new Set(nodes));
  });

  test("each is connected: all but its top have their parent in it", () => {
    for (const { top, nodes: members } of cut)
      for (const node of members) expect(node === top || members.has(node.parent!)).toBe(true);
  });

  test("none is small but the one that holds the root", () => {
    const small = cut.filter((piece) => piece.nodes.size < size);
    expect(small.filter((piece) => piece.top !== nodes[0])).toEqual([]);
  });

  test("none is larger than its top's children can make it", () => {
    for (const { top, nodes: members } of cut)
      expect(members.size).toBeLessThanOrEqual(1 + top.children.length * (size - 1));
  });
});

test("a piece as large as the tree is the tree", () => {
  expect(pieces(nodes, nodes.length).map((piece) => piece.top)).toEqual([nodes[0]]);
});
