/** When which fault is due, and in whose calls. */

import { oneOf, type Dice } from "../trace/dice.js";
import { Faults, type FaultKind, type Meant } from "../trace/faults.js";
import type { Kind } from "./recovery.js";

export const roles = ["producer", "worker", "callbacks", "administrator", "maintainer"] as const;
export type Role = (typeof roles)[number];

/** Whose calls are lost: workers have most to lose. */
const victims: readonly Role[] = [
  ...(["producer", "producer", "worker", "worker", "worker", "worker", "worker"] as const),
  ...(["callbacks", "administrator", "maintainer", "maintainer"] as const),
];

/** Seconds from one fault to the next, on average. */
export type Often = { readonly [K in Kind]?: number };

/** How often everything fails in a soak of so many seconds. */
export const oftenFor = (seconds: number): Often => ({
  terminate: 0.5,
  cutBefore: 0.7,
  cutAfter: 0.5,
  kill: Math.min(20, Math.max(4, seconds / 5)),
  clock: 5,
  death: 2.5,
  zombie: 2.5,
});

/** In so many times as long a fault has happened. */
const SURELY = 8;

interface Plan {
  readonly every: number;
  at: number;
  victim: Role;
  /** A call is being made that is meant to be lost like this. */
  busy: boolean;
  seen: number;
}

export class Timetable {
  readonly faults: Faults;
  private readonly dice: Dice;
  private readonly plans = new Map<Kind, Plan>();
  private stopped = false;

  constructor(faults: Faults, often: Often, dice: Dice) {
    this.faults = faults;
    this.dice = dice;
    for (const [kind, every] of Object.entries(often) as [Kind, number][]) {
      const plan = { every, at: 0, victim: victims[0]!, busy: false, seen: 0 };
      this.plans.set(kind, plan);
      this.plan(plan);
    }
  }

  /** From half of the time to one and a half of it. */
  private plan(plan: Plan): void {
    const { dice } = this;
    plan.at = performance.now() + plan.every * (500 + dice(1000));
    plan.victim = oneOf(victims, dice)!;
  }

  /** Those that should have happened in so many seconds. */
  surely(seconds: number): readonly Kind[] {
    return [...this.plans].flatMap(([kind, { every }]) =>
      every * SURELY <= seconds ? [kind] : [],
    );
  }

  stop(): void {
    this.stopped = true;
  }

  private isDue({ at, busy }: Plan): boolean {
    return !this.stopped && !busy && performance.now() >= at;
  }

  /** Whether a call of this function is to be lost, and how. */
  next(role: Role, name: string): Meant | null {
    for (const kind of this.faults.kinds) {
      const plan = this.plans.get(kind)!;
      if (plan.victim !== role || !this.isDue(plan)) continue;
      const meant = this.faults.meant(kind, name);
      if (meant) plan.busy = true;
      if (meant) return meant;
    }
    return null;
  }

  /** A call that was meant to be lost has come to its end, lost or not. */
  ended({ kind }: Meant): void {
    const plan = this.plans.get(kind)!;
    const happened = this.happened(kind);
    plan.busy = false;
    if (happened > plan.seen) this.plan(plan);
    plan.seen = happened;
  }

  private happened(kind: FaultKind): number {
    return this.faults.counts[kind] ?? 0;
  }

  /** Whether one that is no call is due; then the next one is planned. */
  take(kind: Exclude<Kind, FaultKind>): boolean {
    const plan = this.plans.get(kind);
    if (!plan || !this.isDue(plan)) return false;
    this.plan(plan);
    return true;
  }
}
