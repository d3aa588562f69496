/** pg-boss: one queue in a table of its own, jobs fetched and completed in batches. */

import { Bell } from "./bell.js";
import type { Body, Contestant, Terms, Workers } from "./contestant.js";
import { loops } from "./loops.js";
import { importPeer } from "./peer.js";

/** What is used of it. */
interface Boss {
  on(event: "error", listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  stop(options: { graceful: boolean }): Promise<void>;
  createQueue(name: string, options: { partition: boolean }): Promise<void>;
  insert(name: string, jobs: readonly { data: Body }[]): Promise<unknown>;
  fetch(name: string, options: { batchSize: number }): Promise<{ id: string; data: Body }[]>;
  complete(name: string, ids: readonly string[]): Promise<unknown>;
}

interface Module {
  readonly PgBoss: new (options: { connectionString: string; max: number }) => Boss;
}

const QUEUE = "bench";

export class PgBoss implements Contestant {
  private readonly terms: Terms;
  private boss: Boss | undefined;
  private bell!: Bell;

  constructor(terms: Terms) {
    this.terms = terms;
  }

  async install(): Promise<void> {
    const { url, folder, workers } = this.terms;
    const { PgBoss: Theirs } = await importPeer<Module>(folder, "pg-boss");
    this.boss = new Theirs({ connectionString: url, max: workers + 2 });
    this.boss.on("error", (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
    await this.boss.start();
    await this.boss.createQueue(QUEUE, { partition: true });
    this.bell = await Bell.at(url);
  }

  async enqueue(bodies: readonly Body[]): Promise<void> {
    await this.boss!.insert(
      QUEUE,
      bodies.map((data) => ({ data })),
    );
    await this.bell.ring();
  }

  work(completed: (bodies: readonly Body[]) => void): Workers {
    const boss = this.boss!;
    return loops(this.terms.workers, this.bell, async () => {
      const jobs = await boss.fetch(QUEUE, { batchSize: this.terms.batch });
      if (jobs.length === 0) return false;
      await boss.complete(
        QUEUE,
        jobs.map(({ id }) => id),
      );
      completed(jobs.map(({ data }) => data));
      return true;
    });
  }

  async close(): Promise<void> {
    await this.bell.close();
    await this.boss?.stop({ graceful: false });
  }
}
