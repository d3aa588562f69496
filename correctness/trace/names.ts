/**
 * What jobs, lanes and tokens are called in the model. Those who call learn an id from the answer
 * that brings it, if it be the claim that comes before the answer of the enqueue; the log says of
 * every id which job it was given to.
 */

import type { Job, Lane } from "../../src/core/index.js";
import { newBinding, type Binding } from "../../src/postgres/binding.js";
import type { WorkerToken } from "../../src/postgres/statements.js";
import type { Row } from "../../src/postgres/twin.js";

export class Names {
  private readonly laneIds: ReadonlyMap<Lane, number>;
  private readonly laneNames: ReadonlyMap<number, Lane>;
  private readonly ids = new Map<Job, string>();
  private readonly told = new Map<string, Job>();
  private readonly tokens = new Map<string, WorkerToken>();
  private readonly logged = new Map<string, Job>();
  private readonly keys = new Map<Job, string>();

  constructor(laneIds: ReadonlyMap<Lane, number>) {
    this.laneIds = laneIds;
    this.laneNames = newBinding(laneIds).lanes;
  }

  /** For a call at this tick. */
  binding(tick: number): Binding {
    const { ids, told: jobs, tokens, laneIds, laneNames: lanes } = this;
    return { ids, jobs, laneIds, lanes, tokens, tick };
  }

  /** For reading an answer: it knows the jobs of these rows only, as the callers or the log do. */
  reading(rows: readonly Row[], by: "told" | "logged"): Binding {
    const ids = rows.map((row) => String(row["job_id"]));
    const known = ids.flatMap((id) => {
      const job = this[by].get(id);
      return job === undefined ? [] : [[id, job] as const];
    });
    return { ...newBinding(this.laneIds), jobs: new Map(known) };
  }

  /** From the bodies of claimed jobs. */
  meet(rows: readonly Row[]): void {
    for (const { job_id: id, payload } of rows) {
      const job = (payload as { job?: string } | undefined)?.job;
      if (job !== undefined && !this.told.has(String(id))) this.name(String(id), job);
    }
  }

  /** From what an answer said. */
  learn({ ids, tokens }: Binding): void {
    for (const [job, id] of ids) this.name(id, job);
    for (const [key, token] of tokens) this.tokens.set(key, token);
  }

  private name(id: string, job: Job): void {
    this.told.set(id, job);
    this.ids.set(job, id);
  }

  /** The keys that jobs are about to be enqueued with. */
  give(batch: readonly Job[], keys: readonly (string | null)[] = []): void {
    for (const [i, job] of batch.entries()) if (keys[i]) this.keys.set(job, keys[i]);
  }

  lane = (id: number): Lane => this.laneNames.get(id) ?? `#${id}`;

  /** The first body that an id is stored with says whose it is. */
  log(id: string, body: Job | null): void {
    if (body === null || this.logged.has(id)) return;
    this.logged.set(id, body);
    // Of a lost call nobody is told.
    if (!this.told.has(id) && !this.ids.has(body)) this.name(id, body);
  }

  /** The job in a stored row; with a body or a key that is not its own, it is called so. */
  job(id: string, body?: Job | null, key?: string | null): Job {
    const job = this.logged.get(id) ?? `#${id}`;
    if (body !== undefined && body !== job) return `${job} with the body of ${body}`;
    if (key !== undefined && key !== (this.keys.get(job) ?? null))
      return `${job} with the key ${key}`;
    return job;
  }
}
