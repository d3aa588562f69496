/**
 * The queue contract as the storage model sees it, twin of QueueContract.tla: each job's place
 * read as a contract state, and the arrows along which a step may move it.
 */

import { openReceipts, pending, terminalFacts, waiting } from "./evidence.js";
import { hasToken } from "./sets.js";
import type { Scope } from "./scope.js";
import type { Db, DoneEntry, Env, Job, State, Token } from "./state.js";

export type JobState =
  | "absent"
  | "ready"
  | "deferred"
  | "running"
  | "waiting"
  | "completed"
  | "cancelled"
  | "failed"
  | "dead"
  | "removed";

export interface ContractJob {
  readonly state: JobState;
  readonly lease: number;
}

/** Where the contract sees each job of the scope. */
export function contractJobs({ db, env }: State, scope: Scope): ReadonlyMap<Job, ContractJob> {
  const ready = pending(db);
  const open = openReceipts(db);
  const parked = open.filter((c) => waiting(db, c));
  const facts = terminalFacts(db);
  const done = (state: DoneEntry["state"]) => db.doneEntries.filter((d) => d.state === state);
  const place = (job: Job): ContractJob => {
    const of = (rows: readonly Token[]) => rows.find((r) => r.job === job);
    const at = (state: JobState, rows: readonly Token[]): ContractJob | undefined => {
      const row = of(rows);
      return row && { state, lease: row.lease };
    };
    if (!env.enqueued.includes(job)) return { state: "absent", lease: 0 };
    return (
      at("ready", ready) ??
      at("deferred", db.deferredJobs) ??
      at("waiting", parked) ??
      at("running", open) ??
      at("cancelled", done("cancelled")) ??
      at("failed", done("failed")) ??
      at("completed", facts) ??
      at("dead", db.dlqEntries) ?? { state: "removed", lease: 0 }
    );
  };
  return new Map(scope.jobs.map((job) => [job, place(job)]));
}

type Arrow = readonly [name: string, from: readonly JobState[], to: readonly JobState[]];

/** The arrows that keep the run lease; Claim raises it and Forget drops it. */
const arrows: readonly Arrow[] = [
  ["Enqueue", ["absent"], ["ready", "deferred"]],
  ["Promote", ["deferred"], ["ready"]],
  ["Park", ["running"], ["waiting"]],
  ["Resume", ["waiting"], ["running"]],
  ["End", ["running"], ["completed", "deferred", "failed", "dead"]],
  ["Rescue", ["running", "waiting"], ["ready"]],
  ["Rescue", ["waiting"], ["deferred", "dead"]],
  ["Cancel", ["ready", "running", "waiting"], ["cancelled"]],
  ["Readmit", ["dead", "failed", "cancelled"], ["ready"]],
  ["Bury", ["failed"], ["dead"]],
];

const over: readonly JobState[] = ["completed", "cancelled", "failed", "dead"];

/** The name of the arrow from `o` to `n`, or undefined where the contract has none. */
export function arrow(o: ContractJob, n: ContractJob): string | undefined {
  if (o.state === "ready" && n.state === "running" && n.lease === o.lease + 1) return "Claim";
  if (over.includes(o.state) && n.state === "removed" && n.lease === 0) return "Forget";
  if (n.lease !== o.lease) return undefined;
  return arrows.find(([, from, to]) => from.includes(o.state) && to.includes(n.state))?.[0];
}

const living: readonly JobState[] = ["ready", "deferred", "running", "waiting"];

/** Of the jobs that carry one key, at most one is alive. */
const keysAreUnique = (jobs: ReadonlyMap<Job, ContractJob>, { sameKey }: Scope): boolean =>
  sameKey.every((peers) => peers.filter((j) => living.includes(jobs.get(j)!.state)).length <= 1);

interface Placed {
  readonly scope: Scope;
  readonly enqueued: Env["enqueued"];
  readonly jobs: ReadonlyMap<Job, ContractJob>;
}

/** By the database: steps lead to the same ones again and again. */
const placed = new WeakMap<Db, Placed>();

function jobsOf(state: State, scope: Scope): ReadonlyMap<Job, ContractJob> {
  const { enqueued } = state.env;
  const known = placed.get(state.db);
  if (known?.enqueued === enqueued && known.scope === scope) return known.jobs;
  const jobs = contractJobs(state, scope);
  placed.set(state.db, { scope, enqueued, jobs });
  return jobs;
}

/** Whether the step is one the contract allows, acknowledgements included. */
export function keepsContract(before: State, after: State, scope: Scope): boolean {
  const o = jobsOf(before, scope);
  const n = jobsOf(after, scope);
  if (!keysAreUnique(n, scope)) return false;
  const ended: Token[] = [];
  for (const [job, was] of o) {
    const is = n.get(job)!;
    if (was.state === is.state && was.lease === is.lease) continue;
    const name = arrow(was, is);
    if (!name) return false;
    if (name === "End") ended.push({ job, lease: was.lease });
  }
  const acked = [...before.env.acked, ...ended];
  return sameTokens(after.env.acked, acked) && sameTokens(after.env.reacked, before.env.reacked);
}

/** Both are sets of tokens. */
const sameTokens = (a: readonly Token[], b: readonly Token[]): boolean =>
  a.length === b.length && a.every((t) => hasToken(b, t));
