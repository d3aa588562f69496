/** How long it takes after each fault until work goes on. */

import { quantile } from "../quantile.js";
import { faultKinds, type FaultKind } from "../trace/faults.js";

/** Beside calls that are lost: clocks leap, workers die, and some come back as zombies. */
export const kinds = [...faultKinds, "clock", "death", "zombie"] as const;
export type Kind = FaultKind | "clock" | "death" | "zombie";

/** Of one kind; milliseconds. */
export interface Recovered {
  readonly count: number;
  readonly median: number;
  readonly worst: number;
}

interface Fault {
  readonly began: number;
  /** Milliseconds; null: not yet. */
  took: number | null;
}

/** The lower one of two in the middle. */
const middle = (all: readonly number[]): number => quantile(all, 0.5) ?? 0;

export class Recoveries {
  private readonly faults = new Map<Kind, { readonly took: number[]; readonly open: Set<Fault> }>(
    kinds.map((kind) => [kind, { took: [], open: new Set() }]),
  );
  private readonly now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** A fault; what it returns is to be called when work goes on. */
  begin(kind: Kind): () => void {
    const { took, open } = this.faults.get(kind)!;
    const fault: Fault = { began: this.now(), took: null };
    open.add(fault);
    return () => {
      if (open.delete(fault)) took.push(this.now() - fault.began);
    };
  }

  of(kind: Kind): Recovered {
    const { took, open } = this.faults.get(kind)!;
    const worst = took.reduce((most, each) => Math.max(most, each), 0);
    return { count: took.length + open.size, median: middle(took), worst };
  }

  /** Faults after which work has not gone on for so many milliseconds. */
  late(limit: number): readonly Kind[] {
    const before = this.now() - limit;
    return kinds.filter((kind) =>
      [...this.faults.get(kind)!.open].some(({ began }) => began < before),
    );
  }
}

export const STEP_MS = 200;
/** So many steps before a fault say what is usual. */
const USUAL = 50;

/** How many jobs are completed in each step of time. */
export class Pace {
  private readonly steps: number[] = [];
  private count = 0;
  private waiting: { readonly least: number; readonly begun: number; back(): void }[] = [];
  private done = 0;

  completed(jobs: number): void {
    this.count += jobs;
  }

  /** A step is over. One that began before a fault says nothing of what is after it. */
  step(): void {
    const { count, done } = this;
    this.waiting = this.waiting.filter(({ least, begun, back }) => {
      if (begun > done || count < least) return true;
      back();
      return false;
    });
    this.steps.push(count);
    if (this.steps.length > USUAL) this.steps.shift();
    this.count = 0;
    this.done++;
  }

  /** Calls `back` once half as much as usual is completed in a step. */
  whenBack(back: () => void): void {
    const least = Math.max(1, middle(this.steps) / 2);
    this.waiting.push({ least, begun: this.done + 1, back });
  }
}
