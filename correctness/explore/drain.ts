/** Drainability: from every reachable state some run leads to a drained one. */

import type { NamedCall } from "../../src/core/index.js";
import type { Graph } from "./explorer.js";

/**
 * The first state, in breadth-first order, from which no run leads to a drained one; null if
 * there is none. Backward reachability from the drained states over the kept edges.
 */
export function firstStuck<S, C extends NamedCall>(graph: Graph<S, C>): number | null {
  const { states, out, machine } = graph;
  const { drained } = machine;
  if (!drained) return null;
  if (!out) throw new Error("drainability needs a graph that keeps its edges");
  const into: number[][] = states.map(() => []);
  out.forEach((pairs, from) => {
    for (let i = 1; i < pairs.length; i += 2) into[pairs[i]!]!.push(from);
  });
  const drains = new Uint8Array(states.length);
  const queue = states.flatMap((state, i) => (drained(state) ? [i] : []));
  queue.forEach((i) => (drains[i] = 1));
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const from of into[at]!) {
      if (drains[from]) continue;
      drains[from] = 1;
      queue.push(from);
    }
  }
  const stuck = drains.indexOf(0);
  return stuck < 0 ? null : stuck;
}
