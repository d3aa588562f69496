/** What transactions lock, what conflicts, and who meets whom: the first half of LockOrder. */

/** A sequence, as a function of 1 to its length. */
export type Sequence<T> = Readonly<Record<string, T>>;

export interface LockStep {
  readonly on: string;
  readonly mode: string;
  readonly policy: string;
}

export interface Plan {
  readonly op: string;
  readonly steps: Sequence<LockStep>;
}

export interface LockConstants {
  readonly Size: number;
  readonly Plans: Sequence<Plan>;
}

export interface Held {
  readonly by: number;
  readonly on: string;
  readonly mode: string;
}

export interface LockState {
  readonly plans: Sequence<Plan>;
  readonly at: Sequence<number>;
  readonly held: readonly Held[];
  readonly queue: Sequence<number>;
  readonly finished: readonly number[];
}

export const sequence = <T>(items: readonly T[]): Sequence<T> =>
  Object.fromEntries(items.map((item, i) => [String(i + 1), item]));

/** Its elements in order. */
export const elements = <T>(items: Sequence<T>): readonly T[] => Object.values(items);

/** From the weakest to the strongest; a mode conflicts with those that are named for it. */
const tableModes = {
  AccessShareLock: "AccessExclusiveLock",
  RowShareLock: "ExclusiveLock AccessExclusiveLock",
  RowExclusiveLock: "ShareLock ShareRowExclusiveLock ExclusiveLock AccessExclusiveLock",
  ShareUpdateExclusiveLock:
    "ShareUpdateExclusiveLock ShareLock ShareRowExclusiveLock ExclusiveLock AccessExclusiveLock",
  ShareLock:
    "RowExclusiveLock ShareUpdateExclusiveLock ShareRowExclusiveLock ExclusiveLock " +
    "AccessExclusiveLock",
  ShareRowExclusiveLock:
    "RowExclusiveLock ShareUpdateExclusiveLock ShareLock ShareRowExclusiveLock ExclusiveLock " +
    "AccessExclusiveLock",
  ExclusiveLock:
    "RowShareLock RowExclusiveLock ShareUpdateExclusiveLock ShareLock ShareRowExclusiveLock " +
    "ExclusiveLock AccessExclusiveLock",
  AccessExclusiveLock:
    "AccessShareLock RowShareLock RowExclusiveLock ShareUpdateExclusiveLock ShareLock " +
    "ShareRowExclusiveLock ExclusiveLock AccessExclusiveLock",
};

const rowModes = {
  ForKeyShare: "ForUpdate",
  ForShare: "ForNoKeyUpdate ForUpdate",
  ForNoKeyUpdate: "ForShare ForNoKeyUpdate ForUpdate",
  ForUpdate: "ForKeyShare ForShare ForNoKeyUpdate ForUpdate",
};

const otherModes = { Advisory: "Advisory", UniqueKey: "UniqueKey" };

const conflicts: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({ ...tableModes, ...rowModes, ...otherModes }).map(([mode, others]) => [
    mode,
    others.split(" "),
  ]),
);

/** All modes, of tables and of rows from the weakest to the strongest. */
export const modes: readonly string[] = Object.keys(conflicts);

export const isTableMode = (mode: string): boolean => mode in tableModes;
export const isRowMode = (mode: string): boolean => mode in rowModes;

export const clash = (mode: string, other: string): boolean =>
  conflicts[mode]?.includes(other) ?? false;

const RELEASE = "Release";

export const releases = ({ mode }: LockStep): boolean => mode === RELEASE;

/** What a step takes, or gives back. */
export const modeOf = ({ mode, policy }: LockStep): string => (mode === RELEASE ? policy : mode);

const minds = (plan: Plan, step: LockStep): boolean =>
  elements(plan.steps).some((s) => s.on === step.on && clash(modeOf(step), modeOf(s)));

/** The plan without the acquisitions that none of the others minds. */
const among = (plan: Plan, others: readonly Plan[]): Plan => ({
  op: plan.op,
  steps: sequence(elements(plan.steps).filter((step) => others.some((o) => minds(o, step)))),
});

const meets = (plan: Plan, other: Plan): boolean =>
  elements(plan.steps).some((step) => minds(other, step));

/** Those that lock tables against others. */
const maintenance = /^((Rotate|Prune)(Queue|Claims|Leases)|(Rollup|Rebuild)TerminalCounts)$/;
export const maintains = ({ op }: Plan): boolean => maintenance.test(op);

/** Of plans that are alike in whatever anybody minds, the first stands for all. */
function firsts(plans: readonly Plan[]): readonly Plan[] {
  const byWhatMatters = new Map<string, Plan>();
  for (const plan of plans) {
    const alike = JSON.stringify([maintains(plan), among(plan, plans).steps]);
    if (!byWhatMatters.has(alike)) byWhatMatters.set(alike, plan);
  }
  return [...byWhatMatters.values()];
}

/** Plans that meet: two of them, or three of which each minds both others. */
export function meetings({ Size, Plans }: LockConstants): readonly Sequence<Plan>[] {
  const all = firsts(elements(Plans));
  const later = all.map((p, i) => all.map((_, j) => j).filter((j) => j >= i && meets(p, all[j]!)));
  const chosen = later.flatMap((seconds, p) =>
    Size === 2
      ? seconds.map((q) => [p, q])
      : seconds.flatMap((q) => later[q]!.filter((r) => seconds.includes(r)).map((r) => [p, q, r])),
  );
  const met = chosen.map((numbers) =>
    sequence(
      numbers.map((p, i) =>
        among(
          all[p]!,
          numbers.filter((_, j) => j !== i).map((q) => all[q]!),
        ),
      ),
    ),
  );
  return [...new Map(met.map((plans) => [JSON.stringify(plans), plans])).values()];
}
