/**
 * What Postgres shows of each job, against the ledger: where it may be, by what callers were told,
 * and by calls of which nobody knows what became of them. What is shown decides of those.
 */

import type { JobRow, JobState } from "../../src/postgres/answers.js";
import { grouped } from "../grouped.js";
import type { Job } from "./job.js";
import type { Ledger } from "./ledger.js";
import { timesOut, type Place } from "./moves.js";

/** What is shown of a job that is not shown: it has ended, and was forgotten. */
const forgotten: readonly Place[] = ["completed", "failed", "cancelled", "gone"];

const placeOf = (state: JobState): Place =>
  ["ready", "deferred", "running", "waiting"].includes(state) ? "alive" : (state as Place);

export interface LookOptions {
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
  private readonly ledger: Ledger;
  /** Those that looked wrong the last time: a look may come between what is truncated. */
  private suspects = new Set<Job>();

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  /** What `rows` show, which were asked for after the instant `began`. */
  judge(rows: readonly JobRow[], began: number, { last = false, keptSince }: LookOptions): void {
    const shown = grouped(rows, ({ jobId }) => jobId);
    const before = this.suspects;
    this.suspects = new Set();
    for (const job of [...this.ledger.jobs.values()]) {
      if (!job.quiet || job.changed > began || job.refused) continue;
      const found = shown.get(job.id) ?? [];
      const why = this.whyNot(job, found, keptSince);
      if (why === null) this.agree(job, found[0], last);
      else if (last || before.has(job)) this.refuse(job, why);
      else this.suspects.add(job);
    }
    for (const [id, found] of shown) this.judgeOther(id, found, last);
  }

  /** Whether anything has to be looked at once more. */
  get unsure(): boolean {
    return this.suspects.size > 0;
  }

  private whyNot(job: Job, found: readonly JobRow[], keptSince: number): string | null {
    const [row] = found;
    const { place } = job;
    if (found.length > 1)
      return `it is in ${found.length} places: ${found.map(({ state }) => state).join(", ")}`;
    if (row && row.runLease < (job.newest?.lease ?? 0))
      return `its run lease is ${row.runLease}, after attempt ${job.newest!.lease}`;
    if (this.candidates(job, row).length === 0)
      return `it is ${place}, and Postgres ${row ? `shows it as ${row.state}` : "has nothing of it"}`;
    if (!row && place === "failed" && job.open.length === 0 && job.putAt > keptSince)
      return "it failed too short a time ago to be forgotten";
    return null;
  }

  private candidates(job: Job, row: JobRow | undefined): readonly Place[] {
    const possible = row ? [placeOf(row.state)] : forgotten;
    const reach = job.reach();
    return possible.filter((place) => reach.has(place));
  }

  private refuse(job: Job, why: string): void {
    const account = job.place === "alive" || job.place === "dead" ? "jobs" : "facts";
    this.ledger.wrong(account, `job ${job.id}: ${why}`, job);
    job.refused = true;
  }

  /** It is where it may be; calls of which nobody knew are known by that. */
  private agree(job: Job, row: JobRow | undefined, last: boolean): void {
    const { ledger } = this;
    const some = this.candidates(job, row);
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

  private isOver({ place }: Job, row: JobRow | undefined, last: boolean): boolean {
    if (place === "alive" || place === "dead") return false;
    return last || !row || this.ledger.pool(place).size > KEPT;
  }

  /** A job that the ledger does not know, or not any more. */
  private judgeOther(id: string, [row]: readonly JobRow[], last: boolean): void {
    const { ledger } = this;
    if (ledger.jobs.has(id) || !row) return;
    const settled = ledger.settled.get(id);
    const what = `job ${id} is shown as ${row.state}`;
    if (settled && settled !== placeOf(row.state))
      ledger.wrong("facts", `${what}, and it is ${settled}`, ledger.last(id));
    if (!settled && last) ledger.wrong("jobs", `${what}, and nobody enqueued it`);
  }
}
