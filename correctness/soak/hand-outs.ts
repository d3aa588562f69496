/** What claims and rescues tell of attempts, and which attempts nobody was told of. */

import type { Batch } from "./enqueues.js";
import type { Attempt, Call, Job } from "./job.js";
import type { Ledger } from "./ledger.js";
import { rescued, timesOut } from "./moves.js";

/** What a producer puts into each job. */
export interface Payload {
  readonly name: number;
}

export interface Told {
  readonly jobId: string;
  readonly runLease: number;
}

export interface ToldJob extends Told {
  readonly payload: Payload;
}

export class HandOuts {
  /** How many attempts workers were told of, and how many nobody was. */
  told = 0;
  toNobody = 0;
  private readonly ledger: Ledger;
  /** Attempts of jobs that nobody has met. */
  private readonly unmet = new Map<string, Attempt[]>();

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  /** A worker has these jobs in hand. */
  claimed(call: Call, rows: readonly ToldJob[]): void {
    for (const row of rows) {
      const job = this.jobOf(call, row);
      if (job) this.handOut(call, job, row.runLease);
    }
  }

  /** The job that is handed out, if it may be. */
  private jobOf({ who }: Call, { jobId, runLease, payload }: ToldJob): Job | null {
    const { ledger } = this;
    const known = ledger.jobs.get(jobId);
    const what = `attempt ${runLease} of job ${jobId} was handed out to ${who}`;
    if (known) {
      if (known.name !== payload.name)
        ledger.wrong("jobs", `${what} with the payload of another job`, known);
      return known;
    }
    const settled = ledger.settled.get(jobId);
    const batch = ledger.enqueues.of(payload.name);
    if (settled) ledger.wrong("facts", `${what}, and the job is ${settled}`, ledger.last(jobId));
    else if (!batch) ledger.wrong("jobs", `${what}, and nobody enqueued it`);
    else return this.meet(jobId, payload.name, batch);
    return null;
  }

  private meet(id: string, name: number, batch: Batch): Job {
    const other = batch.seen.get(name);
    const job = this.ledger.meet(id, name, batch);
    if (other !== undefined)
      this.ledger.wrong("jobs", `one job was enqueued twice, as ${other} and as ${id}`, job);
    for (const attempt of this.unmet.get(id) ?? []) job.add(attempt);
    this.unmet.delete(id);
    return job;
  }

  private handOut(call: Call, job: Job, lease: number): void {
    const { ledger } = this;
    ledger.say(job, call, lease, "handed out");
    this.told++;
    const what = `attempt ${lease} of job ${job.id} was handed out to ${call.who}`;
    const before = job.attempt(lease);
    const { newest } = job;
    if (before && !isSame(before, call))
      ledger.wrong("attempts", `${what}, and before that to ${holderOf(before)}`, job);
    else if (newest && newest.lease > lease && newest.told < call.began)
      ledger.wrong("attempts", `${what}, and before that attempt ${newest.lease}`, job);
    const was = job.place;
    if (!ledger.settle(job, "alive")) ledger.wrong("facts", `${what}, and it is ${was}`, job);
    const { who: holder, now: claimedAt } = call;
    job.add({ lease, holder, claimedAt, told: job.changed, over: null });
    job.goesOn();
  }

  /** The receipts of a claim of this time, of which some were never told. */
  lost(call: Call, tokens: readonly Told[]): void {
    const { ledger } = this;
    for (const { jobId, runLease: lease } of tokens) {
      const job = ledger.jobs.get(jobId);
      const before = job?.attempt(lease);
      if (job && before && before.claimedAt !== call.now) {
        const what = `attempt ${lease} of job ${jobId} was handed out to ${holderOf(before)}`;
        ledger.wrong("attempts", `${what}, and once more, by a claim of ${call.who}`, job);
      }
      if (before) continue;
      this.toNobody++;
      const told = ledger.instant();
      const attempt = { lease, holder: null, claimedAt: call.now, told, over: null };
      if (job) {
        ledger.say(job, call, lease, "handed out to nobody");
        job.add(attempt);
      } else if (!ledger.settled.get(jobId))
        this.unmet.set(jobId, [...(this.unmet.get(jobId) ?? []), attempt]);
    }
  }

  /** These attempts were ended by a rescue. */
  rescued(call: Call, tokens: readonly Told[]): void {
    const { ledger } = this;
    for (const { jobId, runLease: lease } of tokens) {
      const job = ledger.jobs.get(jobId);
      const settled = ledger.settled.get(jobId);
      if (settled) {
        const what = `attempt ${lease} of job ${jobId} was rescued by ${call.who}`;
        ledger.wrong("facts", `${what}, and the job is ${settled}`, ledger.last(jobId));
      }
      if (!job) continue;
      ledger.say(job, call, lease, "rescued");
      job.goesOn();
      ledger.doneOn(lease, job, call, rescued);
      ledger.move(job, call, rescued);
      if (call.action === "rescueCallbackTimeouts") continue;
      job.open = job.open.filter((o) => o.move !== timesOut || o.lease !== lease);
    }
  }
}

const holderOf = ({ holder }: Attempt): string => holder ?? "nobody, for the claim was lost";

/** The receipt of a claim was seen before its caller was told. */
const isSame = ({ holder, claimedAt, told }: Attempt, call: Call): boolean =>
  holder === null && claimedAt === call.now && told > call.began;
