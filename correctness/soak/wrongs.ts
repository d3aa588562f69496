/** What does not hold, by the account that it is wrong in. */

import type { Job } from "./job.js";

/** What holds of each. */
export const accounts = {
  jobs: "jobs accounted for",
  batches: "enqueues whole, or not there",
  keys: "unique keys of one living job",
  attempts: "attempts handed out once",
  effects: "attempts ended once",
  facts: "ended jobs stay ended",
  slots: "dispatch slots of one owner",
  answers: "calls answered without an error",
  recovery: "work goes on after faults",
  size: "tables do not grow",
  drain: "every job ends in a drain",
  rings: "rings prune to empty",
  audit: "rows keep every invariant",
} as const;

export type Account = keyof typeof accounts;

export interface Wrong {
  readonly account: Account;
  readonly title: string;
  /** Of which it is, if it is of one. */
  readonly job: Job | null;
  /** More about it. */
  readonly lines: readonly string[];
}

/** So many of an account are told; all are counted. */
const MOST = 5;

export class Wrongs {
  readonly told: Wrong[] = [];
  private readonly counts = new Map<Account, number>();
  private readonly first: () => void;

  /** Calls `first` once anything is wrong. */
  constructor(first: () => void = () => undefined) {
    this.first = first;
  }

  of(account: Account): number {
    return this.counts.get(account) ?? 0;
  }

  get count(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get any(): boolean {
    return this.counts.size > 0;
  }

  add(account: Account, title: string, about: Partial<Pick<Wrong, "job" | "lines">> = {}): void {
    const count = this.of(account) + 1;
    this.counts.set(account, count);
    if (count <= MOST) this.told.push({ account, title, job: null, lines: [], ...about });
    this.first();
  }
}
