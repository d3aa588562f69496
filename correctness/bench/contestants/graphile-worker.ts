/** graphile-worker: its own pool of workers, with a local queue and completions in batches. */

import type { Body, Contestant, Terms, Workers } from "./contestant.js";
import { importPeer } from "./peer.js";

/** What is used of it. */
interface Utils {
  addJobs(jobs: readonly { identifier: string; payload: Body }[]): Promise<unknown>;
  migrate(): Promise<void>;
  release(): Promise<void>;
}

interface Runner {
  stop(): Promise<void>;
  readonly promise: Promise<void>;
}

interface Module {
  readonly Logger: new (factory: () => () => void) => unknown;
  makeWorkerUtils(options: object): Promise<Utils>;
  run(options: object): Promise<Runner>;
}

const TASK = "bench";
/** As its performance documentation runs it. */
const CONCURRENCY = 24;

export class GraphileWorker implements Contestant {
  private readonly terms: Terms;
  private module: Module | undefined;
  private utils: Utils | undefined;

  constructor(terms: Terms) {
    this.terms = terms;
  }

  async install(): Promise<void> {
    const { folder } = this.terms;
    this.module = await importPeer<Module>(folder, "graphile-worker");
    this.utils = await this.module.makeWorkerUtils(this.options());
    await this.utils.migrate();
  }

  private options() {
    const { url, batch, workers } = this.terms;
    return {
      connectionString: url,
      maxPoolSize: workers + 2,
      logger: new this.module!.Logger(() => () => undefined),
      preset: {
        worker: {
          concurrentJobs: CONCURRENCY,
          localQueue: { size: batch },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    };
  }

  async enqueue(bodies: readonly Body[]): Promise<void> {
    await this.utils!.addJobs(bodies.map((payload) => ({ identifier: TASK, payload })));
  }

  /** Told of when it was worked on: its batches of completions say nothing. */
  work(completed: (bodies: readonly Body[]) => void): Workers {
    const task = (payload: Body) => completed([payload]);
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
  }
}
