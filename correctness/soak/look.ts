/**
 * What Postgres shows of each job, against the ledger: where it may be, by what callers were told,
 * and by calls of which nobody knows what became of them. What is shown decides of those.
 */

import type { JobState } from "../../src/postgres/answers.js";
import { grouped } from "../grouped.js";
import type { Job } from "./job.js";
import type { Ledger } from "./ledger.js";
import { timesOut, type Place } from "./moves.js";

/** Where a job may be that is not shown: it has ended, and was forgotten. */
const forgotten: readonly Place[] = ["completed", "failed", "cancelled", "gone"];

const placeOf = (state: JobState): Place =>
  ["ready", "deferred", "running", "waiting"].includes(state) ? "alive" : (state as Place);

/** In one snapshot, what is shown of jobs, and whether their bodies are still there. */
export interface Shown {
  readonly jobId: string;
  readonly runLease: number;
  readonly state: JobState | "body";
}

/** Of all jobs, or of some. */
export const shownBy = (schema: string, some: boolean): string => `
  select job_id::text as "jobId", run_lease as "runLease", state from "${schema}".jobs
  ${some ? "where job_id = any ($1)" : ""}
  union all
  select distinct job_id::text, 0, 'body' from "${schema}".ready_entries
  ${some ? "where job_id = any ($1)" : ""}`;

type Row = Shown & { readonly state: JobState };

export interface LookOptions {
  /** When it was asked: an instant of the ledger. */
  readonly began: number;
  /** It is shown of these only. */
  readonly only?: Iterable<Job>;
  /** Nothing is asked of anybody any more: what is shown now is all that there is. */
  readonly last?: boolean;
  /** Failed jobs that ended after this time are not forgotten yet. */
  readonly keptSince: number;
}

/** So many ended jobs of each kind are left to administrators. */
const KEPT = 300;

export class Look {
  /** Jobs that ended in one of these ways, and nobody can tell in which. */
  readonly unclear: (readonly Place[])[] = [];
  /** Whether anything has to be looked at once more. */
  unsure = false;
  private readonly ledger: Ledger;
  /** Those that looked wrong the last time: a look may come between what is truncated. */
  private readonly suspects = new Set<Job>();

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  /** Whether nobody can tell any more how it ended once it is forgotten. */
  isUrgent(job: Job): boolean {
    const reach = job.reach();
    return forgotten.filter((place) => reach.has(place)).length > 1;
  }

  judge(shown: readonly Shown[], options: LookOptions): void {
    const { began, only, last = false } = options;
    const byId = grouped(shown, ({ jobId }) => jobId);
    this.unsure = false;
    for (const job of [...(only ?? this.ledger.jobs.values())]) {
      const settled = this.ledger.jobs.get(job.id) !== job;
      if (settled || !job.quiet || job.changed > began || job.refused) continue;
      const all = byId.get(job.id) ?? [];
      const rows = all.filter((row): row is Row => row.state !== "body");
      this.judgeOne(job, rows, rows.length < all.length, options);
    }
    if (only) return;
    for (const row of shown) if (row.state !== "body") this.judgeOther(row.jobId, row.state, last);
  }

  private judgeOne(job: Job, rows: readonly Row[], body: boolean, options: LookOptions): void {
    const { last = false, keptSince } = options;
    const some = this.candidates(job, rows[0], body);
    const why = this.whyNot(job, rows, keptSince, some);
    const before = this.suspects.delete(job);
    if (why === null) this.agree(job, rows[0], some, last);
    else if (last || before) this.refuse(job, why);
    else {
      this.suspects.add(job);
      this.unsure = true;
    }
  }

  private whyNot(
    job: Job,
    found: readonly Row[],
    keptSince: number,
    candidates: readonly Place[],
  ): string | null {
    const [row] = found;
    const { place } = job;
    if (found.length > 1)
      return `it is in ${found.length} places: ${found.map(({ state }) => state).join(", ")}`;
    if (row && row.runLease < (job.newest?.lease ?? 0))
      return `its run lease is ${row.runLease}, after attempt ${job.newest!.lease}`;
    if (candidates.length === 0)
      return `it is ${place}, and Postgres ${row ? `shows ${row.state}` : "has nothing of it"}`;
    if (!row && place === "failed" && job.open.length === 0 && job.putAt > keptSince)
      return "it failed too short a time ago to be forgotten";
    return null;
  }

  /** Where it may be. What is pruned goes with its body: without a fact beside it, it is gone. */
  private candidates(job: Job, row: Row | undefined, body: boolean): readonly Place[] {
    const possible: readonly Place[] = row ? [placeOf(row.state)] : body ? ["gone"] : forgotten;
    const reach = job.reach();
    return possible.filter((place) => reach.has(place));
  }

  private refuse(job: Job, why: string): void {
    const account = job.place === "alive" || job.place === "dead" ? "jobs" : "facts";
    this.ledger.wrong(account, `job ${job.id}: ${why}`, job);
    job.refused = true;
  }

  /** It is where it may be; calls of which nobody knew are known by that. */
  private agree(job: Job, row: Row | undefined, some: readonly Place[], last: boolean): void {
    const { ledger } = this;
    if (some.length === 1) ledger.settle(job, some[0]!);
    else {
      this.unclear.push(some);
      ledger.put(job, "unclear", { now: job.putAt });
    }
    job.open = job.open.filter(
      ({ move, lease }) =>
        job.place === "alive" && move === timesOut && lease === (job.newest?.lease ?? null),
    );
    if (this.isOver(job, row, last)) ledger.fold(job);
  }

  private isOver({ place }: Job, row: Row | undefined, last: boolean): boolean {
    if (place === "alive" || place === "dead") return false;
    return last || !row || this.ledger.pool(place).size > KEPT;
  }

  /** A job that the ledger does not know, or not any more. */
  private judgeOther(id: string, state: JobState, last: boolean): void {
    const { ledger } = this;
    if (ledger.jobs.has(id)) return;
    const settled = ledger.settled.get(id);
    const what = `job ${id} is shown as ${state}`;
    if (settled && settled !== placeOf(state))
      ledger.wrong("facts", `${what}, and it is ${settled}`, ledger.last(id));
    if (!settled && last) ledger.wrong("jobs", `${what}, and nobody enqueued it`);
  }
}
