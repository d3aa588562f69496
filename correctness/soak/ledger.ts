/**
 * What callers asked and were told, kept outside Postgres, and what of it cannot all be true. Of
 * each job it knows where it is, and which calls nobody knows the answer of; once a job has ended
 * and Postgres agrees, a byte of it is left.
 */

import { Enqueues, type Batch } from "./enqueues.js";
import { Job, type Call, type Open } from "./job.js";
import { moves, places, staysAlive, timesOut } from "./moves.js";
import type { Move, MoveName, Place } from "./moves.js";
import { Pool } from "./pool.js";
import { Settled } from "./settled.js";
import type { Account, Wrongs } from "./wrongs.js";

export interface Subject {
  readonly jobId: string;
  /** Of the attempt that the call names. */
  readonly runLease?: number;
}

/** A call on jobs that the ledger knows. */
export interface Named extends Call {
  readonly move: Move;
  readonly subjects: readonly { readonly job: Job; readonly open: Open }[];
}

/** So many of the settled jobs are remembered, with what was said of them. */
const MEMORY = 20_000;

const ofEach = <T>(of: () => T): Record<Place, T> =>
  Object.fromEntries(places.map((place) => [place, of()])) as Record<Place, T>;

export class Ledger {
  readonly jobs = new Map<string, Job>();
  readonly enqueues = new Enqueues();
  readonly settled = new Settled();
  readonly wrongs: Wrongs;
  /** How many jobs came to each place, and left it again. */
  readonly entered = ofEach(() => 0);
  readonly left = ofEach(() => 0);
  /** Calls on attempts and jobs that were refused. */
  refused = 0;
  private readonly pools = ofEach(() => new Pool<Job>());
  private readonly holders = new Map<string, Job>();
  private readonly memory = new Map<string, Job>();
  private now = 0;

  constructor(wrongs: Wrongs) {
    this.wrongs = wrongs;
  }

  /** Later ones are larger. */
  instant(): number {
    return ++this.now;
  }

  pool(place: Place): Pick<Pool<Job>, "size" | "draw"> {
    return this.pools[place];
  }

  count(place: Place): number {
    return this.entered[place] - this.left[place];
  }

  wrong(account: Account, title: string, job: Job | null = null): void {
    this.wrongs.add(account, title, { job });
  }

  call(who: string, action: string, now: number): Call {
    return { who, action, now, began: this.instant() };
  }

  begin(who: string, action: MoveName, subjects: readonly Subject[], now: number): Named {
    const move = moves[action];
    const call = this.call(who, action, now);
    const named = subjects.map(({ jobId, runLease = null }) => {
      const job = this.jobs.get(jobId) ?? this.remembered(jobId);
      const open = { call, move, lease: runLease, lost: false, taken: false };
      job.open.push(open);
      return { job, open };
    });
    return { ...call, move, subjects: named };
  }

  /** What is remembered of a job that is settled. */
  last(id: string): Job | null {
    return this.memory.get(id) ?? null;
  }

  /** Of a job that is settled: somebody may have an attempt of it in hand still. */
  private remembered(id: string): Job {
    const known = this.last(id);
    if (known) return known;
    const job = new Job(id, 0, null, this.now);
    job.place = this.settled.get(id) ?? "alive";
    return job;
  }

  told(call: Named, answers: readonly string[]): void {
    const { action, subjects } = call;
    if (answers.length !== subjects.length)
      this.wrong("answers", `${action} of ${subjects.length} has ${answers.length} answers`);
    subjects.forEach(({ job, open }, i) => this.toldOne(call, job, open, answers[i] ?? ""));
  }

  private toldOne(call: Named, job: Job, open: Open, answer: string): void {
    job.open = job.open.filter((o) => o !== open);
    this.say(job, call, open.lease, answer);
    if (answer === call.move.done) return this.done(job, call, open);
    this.refused++;
    if (!open.taken) return;
    const title = `${call.who} was told ${answer}, and job ${job.id} went on as if it were not so`;
    this.wrong("effects", title, job);
  }

  say(job: Job, { who, action }: Call, lease: number | null, answer: string): void {
    job.changed = this.instant();
    job.remember({ at: Date.now(), who, action, lease, answer });
  }

  /** Nobody is told what became of it; its session may still do it. */
  lose(call: Named): void {
    for (const { job, open } of call.subjects) {
      this.say(job, call, open.lease, "lost");
      if (call.action === "parkForCallback") this.parked(job, call, open);
    }
  }

  /** Its session has come to an end: either it is done, or it never is. Returns its jobs. */
  over({ subjects }: Named): readonly Job[] {
    return subjects.map(({ job, open }) => {
      job.changed = this.instant();
      open.lost = true;
      return job;
    });
  }

  private done(job: Job, call: Named, open: Open): void {
    if (open.lease !== null) {
      this.doneOn(open.lease, job, call, call.move);
      job.goesOn();
    }
    if (call.action === "parkForCallback") this.parked(job, call, open);
    if (!open.taken) this.move(job, call, call.move);
  }

  /** From now on its job may be given up, and nobody told. */
  private parked(job: Job, call: Call, { lease }: Open): void {
    job.open.push({ call, move: timesOut, lease, lost: true, taken: false });
  }

  /** The attempt of which somebody was told something must have been open. */
  doneOn(lease: number, job: Job, call: Call, move: Move): void {
    const attempt = job.attempt(lease);
    const over = attempt?.over;
    const next = job.newest && job.newest.lease > lease ? job.newest : null;
    const what = `${call.who} was told ${move.done} of attempt ${lease} of job ${job.id}`;
    if (over && (move.ends || over.at < call.began))
      this.wrong("effects", `${what}, which is over, as ${over.by} was told`, job);
    else if (next && next.told < call.began)
      this.wrong("effects", `${what}, and attempt ${next.lease} was handed out before`, job);
    if (attempt && move.ends) attempt.over ??= { by: call.who, at: job.changed };
  }

  /** Puts the job where the call has put it. */
  move(job: Job, call: Call, move: Move): void {
    if (staysAlive(move) && (job.place === "alive" || job.since > call.began)) return;
    const was = job.place;
    if (move.from.some((place) => this.settle(job, place))) return this.put(job, move.to, call);
    const account = move.from.includes("alive") ? "effects" : "jobs";
    this.wrong(account, `${call.who} was told ${move.done} of job ${job.id}, which is ${was}`, job);
  }

  /** Whether it can be there, by calls of which nobody knows; then these were done. */
  settle(job: Job, place: Place): boolean {
    const path = job.reach().get(place);
    for (const open of path ?? []) {
      open.taken = true;
      this.put(job, open.move.to, open.call);
    }
    return path !== undefined;
  }

  put(job: Job, place: Place, { now }: Pick<Call, "now">): void {
    if (place === job.place) return;
    this.left[job.place]++;
    this.entered[place]++;
    this.pools[job.place].delete(job);
    this.pools[place].add(job);
    job.place = place;
    job.since = job.changed = this.instant();
    job.putAt = now;
    if (place !== "alive") job.goesOn();
    if (job.key === null) return;
    if (place === "alive") this.holders.set(job.key, job);
    else if (this.holders.get(job.key) === job) this.holders.delete(job.key);
  }

  /** The ids of a batch that was enqueued; null for those that were turned away. */
  acknowledged(batch: Batch, ids: readonly (string | null)[]): void {
    const { enqueues } = this;
    batch.names.forEach((name, i) => {
      const id = ids[i] ?? null;
      const seen = batch.seen.get(name) ?? null;
      if (id === null) enqueues.turnedAway++;
      else enqueues.acknowledged++;
      if (id === null && batch.keys[i] === null)
        this.wrong("jobs", `${batch.call.who} enqueued a job without a key, and was told no id`);
      if (seen !== null && seen !== id)
        this.wrong("jobs", `${batch.call.who} was told ${id}, and the job is ${seen}`);
      else if (seen === null && id !== null) this.meet(id, name, batch);
    });
    enqueues.answered(batch);
  }

  /** A job of which nobody knew the id until now. */
  meet(id: string, name: number, batch: Batch): Job {
    const key = batch.keys[batch.names.indexOf(name)] ?? null;
    const job = new Job(id, name, key, this.instant());
    this.enqueues.meet(batch, name, id);
    this.jobs.set(id, job);
    this.entered.alive++;
    this.pools.alive.add(job);
    this.say(job, batch.call, null, "enqueued");
    if (key !== null) this.holds(job, key, batch.call);
    return job;
  }

  /** Whoever held the key before must not be alive any more. */
  private holds(job: Job, key: string, { began }: Call): void {
    const other = this.holders.get(key);
    if (other?.place === "alive" && other.open.length === 0 && other.changed < began)
      this.wrong("keys", `jobs ${other.id} and ${job.id} are alive with the key ${key}`, job);
    this.holders.set(key, job);
  }

  /** Nothing more is to come of it. */
  fold(job: Job): void {
    this.settled.set(job.id, job.place);
    this.jobs.delete(job.id);
    this.pools[job.place].delete(job);
    this.memory.set(job.id, job);
    const [first] = this.memory.size > MEMORY ? this.memory.keys() : [];
    if (first !== undefined) this.memory.delete(first);
  }
}
