/**
 * How one run of the model is laid onto one database: which `job_id` stands for which job, which
 * `lane_id` for which lane, where each token's receipt is, and what the clock says. A binding is
 * a value: a step returns a new one, and rolling back a step means going on with the old one.
 */

import type { Job, Lane, Token } from "../core/index.js";
import type { WorkerToken } from "./statements.js";

export interface Binding {
  readonly ids: ReadonlyMap<Job, string>;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly laneIds: ReadonlyMap<Lane, number>;
  readonly lanes: ReadonlyMap<number, Lane>;
  readonly tokens: ReadonlyMap<string, WorkerToken>;
  /** Ticks passed since the run began. */
  readonly tick: number;
}

const epoch = Date.UTC(2030, 0, 1);
export const tickLength = 3_600_000;

/** The point in time that stands for a tick. */
export const timeOf = (tick: number): Date => new Date(epoch + tick * tickLength);

export function newBinding(laneIds: ReadonlyMap<Lane, number>): Binding {
  const lanes = new Map([...laneIds].map(([lane, id]) => [id, lane]));
  return { ids: new Map(), jobs: new Map(), laneIds, lanes, tokens: new Map(), tick: 0 };
}

/** An id that no job has: what a caller presents who names a job that never existed. */
const unknownId = "999999999";

export const idOf = (b: Binding, job: Job): string => b.ids.get(job) ?? unknownId;

/** A job's name in the model; an id nobody knows stands for itself. */
export const jobOf = (b: Binding, id: string | number): Job => b.jobs.get(String(id)) ?? `#${id}`;

export const laneOf = (b: Binding, id: number): Lane => b.lanes.get(id) ?? `#${id}`;

const keyOf = ({ job, lease }: Token): string => `${job} ${lease}`;

/** The token as its worker holds it; one that was never issued points at no receipt. */
export function tokenOf(b: Binding, token: Token): WorkerToken {
  const issued = b.tokens.get(keyOf(token));
  if (issued) return issued;
  const laneId = b.lanes.keys().next().value ?? 1;
  return {
    jobId: idOf(b, token.job),
    runLease: token.lease,
    claimSlot: 0,
    laneId,
    receiptSeq: "1",
  };
}

export function withJobs(b: Binding, jobs: readonly Job[], ids: readonly string[]): Binding {
  const pairs = jobs.map((job, i) => [job, ids[i]!] as const);
  return {
    ...b,
    ids: new Map([...b.ids, ...pairs]),
    jobs: new Map([...b.jobs, ...pairs.map(([job, id]) => [id, job] as const)]),
  };
}

export function withTokens(b: Binding, issued: readonly WorkerToken[]): Binding {
  const pairs = issued.map(
    (t) => [keyOf({ job: jobOf(b, t.jobId), lease: t.runLease }), t] as const,
  );
  return { ...b, tokens: new Map([...b.tokens, ...pairs]) };
}
