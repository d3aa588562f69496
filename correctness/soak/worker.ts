/**
 * An honest worker: it claims, works on several jobs at once, says that it is alive, and ends them
 * in batches. Where a call is lost it makes it again, or has died. Now and then it falls silent for
 * so long that others get its jobs, and then goes on with what it has in hand.
 */

import { grouped } from "../grouped.js";
import { lose } from "../trace/worker.js";
import type { Part } from "./actor.js";
import type { Callbacks } from "./callbacks.js";
import { Claimant } from "./claimant.js";
import { newHand, type Hand, type Plan } from "./hand.js";
import type { MoveName } from "./moves.js";
import { isCalm, terms } from "./world.js";

const MOST_IN_HAND = 40;
const BEAT_MS = 400;

export class Worker extends Claimant {
  private readonly callbacks: Callbacks;
  private hands: Hand[] = [];
  private readonly first: string;
  private life = 1;
  /** Until then it does nothing, in milliseconds of the machine. */
  private silentUntil = 0;

  constructor(part: Part, callbacks: Callbacks) {
    super(part);
    this.first = part.name;
    this.callbacks = callbacks;
  }

  protected async step(): Promise<void> {
    if (performance.now() < this.silentUntil) return this.pause(20);
    await this.fate();
    this.late = this.dice(this.late ? 20 : 200) === 0 ? !this.late : this.late;
    await this.beat();
    const ended = await this.end();
    const claimed = this.hands.length < MOST_IN_HAND ? await this.claimSome() : [];
    this.hands.push(...claimed.map((job) => newHand(job, this.dice, isCalm(this.world))));
    if (!ended && claimed.length === 0) await this.pause(5 + this.dice(25));
  }

  /** Dies with what it has in hand, or falls silent. */
  private async fate(): Promise<void> {
    const { timetable } = this.world;
    if (this.hands.length === 0 || isCalm(this.world)) return;
    if (timetable.take("death")) {
      this.abandon("death");
      await this.die();
    } else if (timetable.take("zombie")) {
      this.abandon("zombie");
      this.silentUntil = performance.now() + terms.staleAfter + 500 + this.dice(1_500);
    }
  }

  /** Work goes on once others may have all that it has in hand, or it has ended. */
  private abandon(kind: "death" | "zombie"): void {
    const { recoveries, ledger } = this.world;
    const back = recoveries.begin(kind);
    const jobs = this.hands.flatMap(({ job }) => ledger.jobs.get(job.jobId) ?? []);
    const left = new Set(jobs.filter(({ place }) => place === "alive"));
    if (left.size === 0) back();
    for (const job of left)
      job.whenOn(() => {
        left.delete(job);
        if (left.size === 0) back();
      });
  }

  /** Somebody else takes its place, and knows nothing. */
  private async die(): Promise<void> {
    this.hands = [];
    this.held.clear();
    this.name = `${this.first}.${++this.life}`;
    await this.connection.leave();
  }

  /** Has these in hand no more. */
  private drop(hands: readonly Hand[]): void {
    const all = new Set(hands);
    this.hands = this.hands.filter((hand) => !all.has(hand));
  }

  /** Work that takes long says that it goes on, and how far it has come. */
  private async beat(): Promise<void> {
    const { storage } = this;
    const now = performance.now();
    const some = this.hands.filter((h) => h.plan === "slowly" && now - h.heard > BEAT_MS);
    if (some.length === 0) return;
    for (const hand of some) hand.heard = now;
    const jobs = some.map(({ job }) => job);
    const answers = await this.on("heartbeat", jobs, (at) => storage.heartbeat(jobs, at));
    if (answers) this.drop(some.filter((_, i) => answers[i] !== "recorded"));
    if (this.dice(2) === 0) return;
    const progress = some.map(({ due }) => ({ left: Math.round(due - now) }));
    await this.on("flushProgress", jobs, (at) => storage.flushProgress(jobs, progress, at));
  }

  /** Ends what is done, in batches; whether there was any. */
  private async end(): Promise<boolean> {
    const now = performance.now();
    const done = this.hands.filter(({ due }) => due <= now);
    for (const [plan, hands] of grouped(done, (hand) => hand.plan)) await this.endAs(plan, hands);
    return done.length > 0;
  }

  private async endAs(plan: Plan, hands: readonly Hand[]): Promise<void> {
    const jobs = hands.map(({ job }) => job);
    const answers = await this.on(actions[plan], jobs, (now) => this.asked(plan, jobs, now));
    if (!answers) return this.lost();
    this.drop(hands);
    const told = (answer: string) => hands.filter((_, i) => answers[i] === answer);
    for (const hand of told("parked")) this.parked(hand);
    this.world.pace.completed(told("completed").length);
  }

  private async lost(): Promise<void> {
    const { dice, hands } = this;
    const after = { dice, hands };
    lose(after);
    if (after.hands !== hands) await this.die();
  }

  private asked(plan: Plan, jobs: readonly Hand["job"][], now: Date): Promise<readonly string[]> {
    const { storage, dice } = this;
    const later = (milliseconds: number) => new Date(now.getTime() + milliseconds);
    switch (plan) {
      case "park":
        return storage.parkForCallback(jobs, later(terms.callbackWait), now);
      case "retry":
        return storage.retry(jobs, later(100 + dice(1_000)), now);
      case "snooze":
        return storage.snooze(jobs, later(100 + dice(1_000)), now);
      case "fail":
        return storage.fail(jobs, now);
      case "failToDlq":
        return storage.failToDlq(jobs, now);
      default:
        return storage.complete(jobs, now);
    }
  }

  /** Of most of those that are parked somebody hears again, and this worker goes on with them. */
  private parked(hand: Hand): void {
    const { life } = this;
    if (this.dice(4) === 0) return;
    this.callbacks.expect(hand.job, () => {
      if (life === this.life) this.hands.push({ ...hand, plan: "complete", due: 0 });
    });
  }
}

/** The call that each plan comes to. */
const actions: { readonly [P in Plan]: MoveName } = {
  complete: "complete",
  slowly: "complete",
  park: "parkForCallback",
  retry: "retry",
  snooze: "snooze",
  fail: "fail",
  failToDlq: "failToDlq",
};
