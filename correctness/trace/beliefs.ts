/**
 * What those who call believe of the jobs, from what they were told: enough to call what is likely
 * to succeed. It may be out of date, and wrong: then they are refused, and know better.
 */

import type { Job, Outcome, Token } from "../../src/core/index.js";
import type { RecordedCall } from "./history.js";

export type Place =
  "ready" | "deferred" | "running" | "parked" | "completed" | "failed" | "cancelled" | "dead";

const alive: readonly Place[] = ["ready", "deferred", "running", "parked"];

/** Where an answer says that a job is; null if it is nowhere, or not where it was looked for. */
const placeAfter: Readonly<Record<string, Place | null>> = {
  promoted: "ready",
  moved: "ready",
  readmitted: "ready",
  recorded: "running",
  flushed: "running",
  resumed: "running",
  leaseManaged: "running",
  receiptOnly: "running",
  parked: "parked",
  waiting: "parked",
  retried: "deferred",
  snoozed: "deferred",
  completed: "completed",
  failed: "failed",
  deadLettered: "dead",
  cancelled: "cancelled",
  discarded: null,
  purged: null,
  notDeferred: null,
  notReady: null,
  notRunning: null,
  notTerminal: null,
  notRetryable: null,
  notFailed: null,
  notInDlq: null,
};

/** What was true of each job when an answer that assumed otherwise refused it. */
const assumed: Readonly<Record<string, readonly Place[]>> = {
  notDeferred: ["deferred"],
  notReady: ["ready"],
  notRunning: ["running", "parked"],
  notTerminal: ["completed", "failed", "cancelled"],
  notRetryable: ["failed", "cancelled"],
  notFailed: ["failed"],
  notInDlq: ["dead"],
};

const REMEMBERED = 40;

export class Beliefs {
  private readonly places = new Map<Job, Place>();
  private readonly tokens = new Map<Job, Token>();
  /** The last ones that were found to be over. */
  readonly over: Token[] = [];

  at(...places: readonly Place[]): readonly Job[] {
    return [...this.places].filter(([, place]) => places.includes(place)).map(([job]) => job);
  }

  get alive(): number {
    return this.at(...alive).length;
  }

  tokensAt(...places: readonly Place[]): readonly Token[] {
    return this.at(...places).flatMap((job) => this.tokens.get(job) ?? []);
  }

  isOver({ job, lease }: Token): boolean {
    return this.over.some((token) => token.job === job && token.lease === lease);
  }

  told(call: RecordedCall, outcome: Outcome): void {
    const { jobs = [], tokens = [], each = [], result } = outcome;
    if (call.action === "Claim") for (const token of tokens) this.handed(token);
    else for (const token of tokens) this.rescued(call, token);
    if (call.action === "Enqueue")
      for (const job of jobs) this.put(job, call.args.wait > 0 ? "deferred" : "ready");
    else if ("tokens" in call.args)
      for (const [i, token] of call.args.tokens.entries()) this.answered(token, each[i]!);
    else if ("token" in call.args) this.answered(call.args.token, result);
    else if ("job" in call.args) this.put(call.args.job, placeAfter[result], result);
  }

  private handed(token: Token): void {
    this.tokens.set(token.job, token);
    this.put(token.job, "running");
  }

  private rescued({ action, args }: RecordedCall, token: Token): void {
    this.end(token);
    const waits = action === "RescueCallbackTimeouts" && args.wait > 0;
    this.put(token.job, waits ? "deferred" : "ready");
  }

  private answered(token: Token, word: string): void {
    const place = placeAfter[word];
    if (word === "stale" || (place && !["running", "parked"].includes(place))) this.end(token);
    if (this.tokens.get(token.job)?.lease === token.lease) this.put(token.job, place);
  }

  private end(token: Token): void {
    this.over.push(token);
    if (this.over.length > REMEMBERED) this.over.shift();
  }

  private put(job: Job, place: Place | null | undefined, word = ""): void {
    const was = this.places.get(job);
    if (place === undefined || (assumed[word] && !(was && assumed[word].includes(was)))) return;
    this.places.delete(job);
    if (place !== null) this.places.set(job, place);
    for (const forgotten of this.at("completed", "failed", "cancelled").slice(0, -REMEMBERED))
      this.places.delete(forgotten);
  }
}
