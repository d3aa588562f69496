/** Temporal properties on the core's graph: whether fairness of some calls ends every wait. */

import { explore } from "../../correctness/explore/explorer.js";
import type { NamedCall } from "../../src/core/index.js";
import type { FocusedModel } from "../../src/core/machines/focused.js";
import { machineOf } from "./planted.js";

/** Calls of which one is taken if they can be for ever, or, if strong, again and again. */
export interface Fairness {
  readonly calls: (call: NamedCall) => boolean;
  readonly strong?: boolean;
}

interface Edge {
  readonly to: number;
  readonly call: NamedCall;
}

type Edges = ReadonlyMap<number, readonly Edge[]>;

/** Every reachable state, and every step to another one. */
export interface Steps<S> {
  readonly states: readonly S[];
  readonly edges: Edges;
}

export async function stepsOf<S extends object, K>(
  model: FocusedModel<S, K>,
  cfg: string,
): Promise<Steps<S>> {
  const machine = await machineOf(model, cfg);
  const { states, keys } = explore(machine, { properties: [] });
  const taken = (state: S, from: number) =>
    machine.calls.flatMap((call): Edge[] => {
      const after = machine.step(state, call).state;
      const to = after === state ? from : keys.get(machine.key(after));
      return to === undefined || to === from ? [] : [{ to, call }];
    });
  return { states, edges: new Map(states.map((state, i) => [i, taken(state, i)])) };
}

/** A state from which a fair run waits for ever, or undefined. */
export function waitsForEver<S>(
  { states, edges }: Steps<S>,
  waits: (state: S) => boolean,
  fairness: readonly Fairness[],
): S | undefined {
  const waiting = states.flatMap((state, i) => (waits(state) ? [i] : []));
  const lasso = fairComponent(waiting, edges, fairness);
  return lasso === undefined ? undefined : states[lasso];
}

/** A state of a strongly connected part of these states in which a fair run can stay. */
function fairComponent(
  among: readonly number[],
  edges: Edges,
  fairness: readonly Fairness[],
): number | undefined {
  for (const part of components(among, edges)) {
    const inside = new Set(part);
    const can = (i: number, { calls }: Fairness) => edges.get(i)!.some((e) => calls(e.call));
    const stays = (f: Fairness) =>
      part.some((i) => edges.get(i)!.some((e) => inside.has(e.to) && f.calls(e.call)));
    const broken = fairness.find(
      (f) => !stays(f) && (f.strong ? part.some((i) => can(i, f)) : part.every((i) => can(i, f))),
    );
    if (!broken) return part[0];
    if (!broken.strong) continue;
    const rest = part.filter((i) => !can(i, broken));
    const lasso = fairComponent(rest, edges, fairness);
    if (lasso !== undefined) return lasso;
  }
  return undefined;
}

/** The strongly connected components of the graph among these states: Tarjan, no recursion. */
function components(among: readonly number[], edges: Edges): number[][] {
  const inside = new Set(among);
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();
  const found: number[][] = [];
  const lower = (i: number, n: number) => low.set(i, Math.min(low.get(i)!, n));
  const enter = (i: number) => {
    index.set(i, index.size);
    low.set(i, index.get(i)!);
    open.push(i);
    isOpen.add(i);
    return {
      i,
      rest: edges
        .get(i)!
        .filter((e) => inside.has(e.to))
        .values(),
    };
  };
  const close = (i: number) => {
    if (low.get(i) !== index.get(i)) return;
    const part = open.splice(open.lastIndexOf(i));
    part.forEach((member) => isOpen.delete(member));
    found.push(part);
  };
  for (const root of among) {
    const path = index.has(root) ? [] : [enter(root)];
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const next = top.rest.next();
      if (next.done) {
        path.pop();
        close(top.i);
        if (path.length > 0) lower(path.at(-1)!.i, low.get(top.i)!);
      } else if (!index.has(next.value.to)) path.push(enter(next.value.to));
      else if (isOpen.has(next.value.to)) lower(top.i, index.get(next.value.to)!);
    }
  }
  return found;
}
