/**
 * Which three operations meet, and where: in the states in which most of them succeed, and of those
 * where most of them change what another one is told. The explorer chooses them, as for pairs.
 */

import { calls, type ActionName, type Scope } from "../../src/core/index.js";
import { callsTo, type Node } from "../conform/tree.js";
import { changes, meetable, tryAll, type Case, type Tried } from "./cases.js";

export type Triple = readonly [ActionName, ActionName, ActionName];

/** Where races were, here or elsewhere: workers and maintenance in one slot, ends of one attempt. */
export const triples: readonly Triple[] = [
  ["Claim", "RotateClaims", "PruneClaims"],
  ["CompleteFast", "PruneClaims", "AdvanceClaimCursor"],
  ["Enqueue", "RotateQueue", "PruneQueue"],
  ["RescueStaleReceipts", "CompleteFast", "Heartbeat"],
  ["RescueStaleReceipts", "RescueStaleReceipts", "RotateClaims"],
  ["CompleteFast", "Complete", "DiscardTerminal"],
  ["DiscardTerminal", "PruneQueue", "PruneClaims"],
  ["Claim", "Claim", "CancelReady"],
];

interface Ranked {
  readonly met: Case;
  readonly succeed: number;
  readonly change: number;
}

const order = (a: Ranked, b: Ranked): number => b.succeed - a.succeed || b.change - a.change;

export class TripleChooser {
  private readonly wanted: number;
  private readonly found: readonly { readonly triple: Triple; best: Ranked[] }[];

  /** So many states of each of these triples. */
  constructor(wanted: number, some: readonly Triple[] = triples) {
    this.wanted = wanted;
    this.found = some.map((triple) => ({ triple, best: [] }));
  }

  get cases(): readonly Case[] {
    return this.found.flatMap(({ best }) => best.map(({ met }) => met));
  }

  /** Looks at these states of an area for better ones. */
  look(area: string, nodes: readonly Node[], scope: Scope): void {
    const enabled = [...new Set(this.found.flatMap(({ triple }) => triple))];
    const all = calls({ ...scope, enabled });
    for (const node of nodes) {
      const short = tryAll(node.state, all, scope);
      for (const found of this.found) {
        const least = found.best[this.wanted - 1]?.succeed ?? 0;
        const here = rank(found.triple, short, least, scope);
        if (!here) continue;
        const [tried, ranked] = here;
        const together = tried.map(({ call }) => call);
        const { state } = node;
        const kind = ranked.change > 0 ? "changes" : ranked.succeed === 3 ? "both" : "refused";
        const met: Case = { area, scope, way: callsTo(node), state, calls: together, kind };
        found.best = [...found.best, { met, ...ranked }].sort(order).slice(0, this.wanted);
      }
    }
  }
}

type Rank = Pick<Ranked, "succeed" | "change">;

/** The best of one state, if at least so many succeed. */
function rank(
  triple: Triple,
  short: ReadonlyMap<ActionName, readonly Tried[]>,
  least: number,
  scope: Scope,
): readonly [readonly Tried[], Rank] | null {
  let best: readonly [readonly Tried[], Rank] | null = null;
  const [firsts, seconds, thirds] = triple.map((name) => short.get(name)!);
  for (const a of firsts!)
    for (const b of seconds!)
      for (const c of thirds!) {
        const all = [a, b, c];
        const pairs = all.flatMap((x, i) => all.flatMap((y, j) => (i === j ? [] : [[x, y]])));
        const succeed = all.filter(({ ok }) => ok).length;
        if (succeed < Math.max(least, best?.[1].succeed ?? 0)) continue;
        if (!pairs.every(([x, y]) => meetable(x!, y!))) continue;
        const change = pairs.filter(([x, y]) => changes(x!, y!, scope)).length;
        const better = !best || succeed > best[1].succeed || change > best[1].change;
        if (better) best = [all, { succeed, change }];
      }
  return best;
}
