/** What the engine is to reach beside the best of its peers, and whether it does. */

import { figureText, type FigureName, type Reckoned } from "./figures.js";
import { names, titles, type Name } from "./requests.js";

export type Bound = { readonly atLeast: number } | { readonly atMost: number };

export interface Goal {
  readonly title: string;
  readonly bound: Bound;
  /** Which figure is compared to that of the best peer; the others are of the engine alone. */
  readonly figure?: FigureName;
  readonly value: (reckoned: Reckoned) => number | null;
  /** What there is to say of it beside the figure. */
  readonly details?: (reckoned: Reckoned) => readonly string[];
}

/** Ours, as so many times the best of the peers; null where either is not measured. */
function ratio(reckoned: Reckoned, figure: FigureName, best: Best): number | null {
  const [own, peer] = [reckoned.medians.ringproof?.[figure], bestPeer(reckoned, figure, best)];
  return own === undefined || own === null || peer === null ? null : own / peer.value;
}

type Best = "most" | "least";

interface Peer {
  readonly name: Name;
  readonly value: number;
}

/** Null where no peer was measured. */
function bestPeer({ medians }: Reckoned, figure: FigureName, best: Best): Peer | null {
  const peers = names.flatMap((name): Peer[] => {
    const value = name === "ringproof" ? null : medians[name]?.[figure];
    return value === undefined || value === null ? [] : [{ name, value }];
  });
  const sign = best === "most" ? 1 : -1;
  return peers.sort((a, b) => sign * (b.value - a.value))[0] ?? null;
}

const least = (title: string, figure: FigureName, atMost: number): Goal => {
  return { title, figure, bound: { atMost }, value: (r) => ratio(r, figure, "least") };
};
const most = (title: string, figure: FigureName, atLeast: number): Goal => {
  return { title, figure, bound: { atLeast }, value: (r) => ratio(r, figure, "most") };
};

/** The signals that survive noise come first. */
export const goals = {
  cpuRatio: least("Postgres CPU per drained job", "drainCpu", 1),
  pinnedCpuRatio: least("Postgres CPU per drained job, pinned", "pinnedDrainCpu", 0.4),
  pinnedOverClean: {
    title: "drain pinned, of drain clean",
    bound: { atLeast: 0.95 },
    value: ({ medians: { ringproof } }) => ringproof?.pinnedOverClean ?? null,
  },
  drainRatio: most("drain", "drain", 1),
  pinnedDrainRatio: most("drain, pinned", "pinnedDrain", 2.5),
  walRatio: least("WAL per job, enqueue and drain", "wal", 1),
  p99: least("p99 at 800 jobs/s", "p99", 1),
  pinnedP99: least("p99 at 800 jobs/s, pinned", "pinnedP99", 1),
  appendOnlyDeadTuples: {
    title: "dead tuples in append-only tables",
    bound: { atMost: 0 },
    value: (reckoned) => reckoned.appendOnlyDeadTuples,
  },
  workerRelationLockWaits: {
    title: "relation locks waited for",
    bound: { atMost: 0 },
    value: (reckoned) => reckoned.relationLockWaits,
    details: (reckoned) => reckoned.waitedFor,
  },
} as const satisfies Readonly<Record<string, Goal>>;

export type GoalName = keyof typeof goals;

/** What came of a goal. */
export interface Judged {
  readonly goal: Pick<Goal, "title" | "bound">;
  readonly value: number | null;
  /** Null where it was not measured. */
  readonly met: boolean | null;
  /** What it comes from, as people read it. */
  readonly told: Readonly<Record<string, string>>;
  readonly details?: readonly string[];
}

/** Whether a goal is met; null of what was not measured. */
export function met(bound: Bound, value: number | null): boolean | null {
  if (value === null) return null;
  return "atLeast" in bound ? value >= bound.atLeast : value <= bound.atMost;
}

export type Judgements = { readonly [G in GoalName]: Judged };

export const judged = (reckoned: Reckoned): Judgements =>
  Object.fromEntries(
    Object.entries(goals).map(([name, goal]) => [name, judgement(goal, reckoned)]),
  ) as Judgements;

function judgement(goal: Goal, reckoned: Reckoned): Judged {
  const { bound, figure } = goal;
  const value = goal.value(reckoned);
  const details = goal.details?.(reckoned) ?? [];
  const judged = { goal, value, met: met(bound, value), details };
  if (figure === undefined)
    return { ...judged, told: { ringproof: valueText(value), "best peer": "" } };
  const peer = bestPeer(reckoned, figure, "atLeast" in bound ? "most" : "least");
  const told = {
    ringproof: figureText(figure, reckoned.medians.ringproof?.[figure] ?? null),
    "best peer": peer ? `${figureText(figure, peer.value)} (${titles[peer.name]})` : "none",
  };
  return { ...judged, told };
}

export const valueText = (value: number | null): string =>
  value === null ? "not measured" : value.toLocaleString("en", { maximumFractionDigits: 2 });

export const boundText = (bound: Bound): string => {
  if ("atLeast" in bound) return `≥ ${bound.atLeast}`;
  return bound.atMost === 0 ? "0" : `≤ ${bound.atMost}`;
};

/** What a program reads: of clean and pinned p99 the worse ratio. */
export function line(judgements: Judgements): Readonly<Record<string, number | null>> {
  const { p99, pinnedP99 } = judgements;
  const worse =
    p99.value === null || pinnedP99.value === null ? null : Math.max(p99.value, pinnedP99.value);
  const of = (name: GoalName) => [name, rounded(judgements[name].value)] as const;
  return Object.fromEntries([
    ...(["drainRatio", "cpuRatio", "pinnedDrainRatio", "pinnedCpuRatio"] as const).map(of),
    ...(["pinnedOverClean", "walRatio"] as const).map(of),
    ["p99Ratio", rounded(worse)] as const,
    ...(["appendOnlyDeadTuples", "workerRelationLockWaits"] as const).map(of),
  ]);
}

export const rounded = (value: number | null): number | null =>
  value === null ? null : Number(value.toFixed(3));
