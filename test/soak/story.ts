/** What callers were told and Postgres shows, made up: what the ledger finds wrong with it. */

import type { Batch } from "../../correctness/soak/enqueues.js";
import { HandOuts } from "../../correctness/soak/hand-outs.js";
import { Ledger, type Named } from "../../correctness/soak/ledger.js";
import { Look, type Shown } from "../../correctness/soak/look.js";
import { moves, type MoveName } from "../../correctness/soak/moves.js";
import { Wrongs, type Account } from "../../correctness/soak/wrongs.js";
import type { JobState } from "../../src/postgres/answers.js";

type State = JobState | "body";

/** The state of each job that is shown, and its run lease if that is not 0. */
export type States = Readonly<Record<string, State | readonly [State, number]>>;

export class Story {
  readonly wrongs = new Wrongs();
  readonly ledger = new Ledger(this.wrongs);
  readonly handOuts = new HandOuts(this.ledger);
  readonly look = new Look(this.ledger);
  now = 1_000;

  /** Jobs have the names that their ids are. */
  offer(ids: readonly string[], keys: readonly (string | null)[] = ids.map(() => null)): Batch {
    const call = this.ledger.call("p", "enqueue", this.now);
    return this.ledger.enqueues.offer(call, ids.map(Number), keys);
  }

  enqueue(...ids: string[]): void {
    this.ledger.acknowledged(this.offer(ids), ids);
  }

  claim(who: string, jobId: string, runLease: number, name = Number(jobId)): void {
    const call = this.ledger.call(who, "claim", ++this.now);
    this.handOuts.claimed(call, [{ jobId, runLease, payload: { name } }]);
  }

  ask(who: string, action: MoveName, jobId: string, runLease?: number): Named {
    const subject = { jobId, ...(runLease !== undefined && { runLease }) };
    return this.ledger.begin(who, action, [subject], this.now);
  }

  /** It was done, unless it is answered something else. */
  call(who: string, action: MoveName, id: string, lease?: number, answer?: string): void {
    this.ledger.told(this.ask(who, action, id, lease), [answer ?? moves[action].done]);
  }

  lost(who: string, action: MoveName, id: string, lease?: number): void {
    const call = this.ask(who, action, id, lease);
    this.ledger.lose(call);
    this.ledger.over(call);
  }

  /** A job that was enqueued, and whose first attempt a worker has in hand. */
  running(id: string, who = "w1"): void {
    this.enqueue(id);
    this.claim(who, id, 1);
  }

  /** What is shown, and shown again. */
  shows(states: States, { last = false, keptSince = Infinity } = {}): void {
    const shown = Object.entries(states).map(([jobId, of]): Shown => {
      const [state, runLease] = typeof of === "string" ? [of, 0] : of;
      return { jobId: jobId.replace(/[a-z]/, ""), state, runLease };
    });
    for (let looks = 0; looks < 2; looks++)
      this.look.judge(shown, { began: this.ledger.instant(), last, keptSince });
  }

  /** The accounts in which anything is wrong. */
  get found(): readonly Account[] {
    return [...new Set(this.wrongs.told.map(({ account }) => account))];
  }

  place(id: string): string {
    return this.ledger.jobs.get(id)?.place ?? this.ledger.settled.get(id) ?? "unknown";
  }
}
