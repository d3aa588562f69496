/** graphile-worker: its own pool of workers, with a local queue and completions in batches. */

import pg from "pg";
import type { Body, Contestant, Terms, Workers } from "./contestant.js";
import { importPeer } from "./peer.js";

/** What is used of it. */
interface WorkerUtils {
  addJobs(jobs: readonly { identifier: string; payload: Body }[]): Promise<unknown>;
  migrate(): Promise<void>;
  release(): Promise<void>;
}

interface Runner {
  stop(): Promise<void>;
}

type Task = (payload: Body, context: { readonly job: { readonly id: string } }) => void;

interface Module {
  readonly Logger: new (factory: () => () => void) => unknown;
  makeWorkerUtils(options: object): Promise<WorkerUtils>;
  run(options: object): Promise<Runner>;
}

const TASK = "bench";
/** As its performance documentation runs it. */
const CONCURRENCY = 24;

/** Its batches of completions say nothing: so its client tells which of them are committed. */
const watching = (committed: (ids: readonly string[]) => void) =>
  class extends pg.Client {
    override query = ((query: { name?: string; values?: [string | string[]] }, ...rest: []) => {
      const result = super.query(query as unknown as pg.QueryConfig, ...rest);
      if (!query.name?.startsWith("complete_job")) return result;
      return result.then((all) => {
        committed([query.values![0]].flat());
        return all;
      });
    }) as unknown as pg.Client["query"];
  };

export class GraphileWorker implements Contestant {
  private readonly terms: Terms;
  private readonly pool: pg.Pool;
  private readonly worked = new Map<string, Body>();
  private completed: (bodies: readonly Body[]) => void = () => undefined;
  private module: Module | undefined;
  private utils: WorkerUtils | undefined;

  constructor(terms: Terms) {
    this.terms = terms;
    this.pool = new pg.Pool({
      connectionString: terms.url,
      max: terms.workers + 2,
      Client: watching((ids) => this.committed(ids)),
    });
    this.pool.on("error", () => undefined);
  }

  private committed(ids: readonly string[]): void {
    const bodies = ids.map((id) => this.worked.get(id)!);
    for (const id of ids) this.worked.delete(id);
    this.completed(bodies);
  }

  async install(): Promise<void> {
    this.module = await importPeer<Module>(this.terms.folder, "graphile-worker");
    this.utils = await this.module.makeWorkerUtils(this.options());
    await this.utils.migrate();
  }

  private options() {
    return {
      pgPool: this.pool,
      logger: new this.module!.Logger(() => () => undefined),
      preset: {
        worker: {
          concurrentJobs: CONCURRENCY,
          localQueue: { size: this.terms.batch },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    };
  }

  async enqueue(bodies: readonly Body[]): Promise<void> {
    await this.utils!.addJobs(bodies.map((payload) => ({ identifier: TASK, payload })));
  }

  work(completed: (bodies: readonly Body[]) => void): Workers {
    this.completed = completed;
    const task: Task = (payload, { job }) => void this.worked.set(job.id, payload);
    const runner = this.module!.run({
      ...this.options(),
      noHandleSignals: true,
      taskList: { [TASK]: task },
    });
    return {
      stop: async () => (await runner).stop(),
    };
  }

  async close(): Promise<void> {
    await this.utils?.release();
    await this.pool.end();
  }
}
