/** Progress where somebody watches: the jobs as a list, below the one at work how far it is. */

import { Listr, ListrLogger, ProcessOutput, type ListrTaskWrapper } from "listr2";
import type { Verdict } from "../claims.js";
import { Meter, type Job, type Progress } from "./progress.js";

type Shown = Pick<ListrTaskWrapper<unknown, never, never>, "output">;

export class TerminalProgress implements Progress {
  private readonly stream: NodeJS.WriteStream;
  private readonly meter = new Meter();
  private readonly shown = new Map<string, Shown>();

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  report(id: string, what: string, done: number, total?: number): void {
    this.meter.read(id, what, done, total);
    const task = this.shown.get(id);
    if (task) task.output = this.meter.line(id);
  }

  async each<J extends Job>(jobs: readonly J[], body: (job: J) => Promise<Verdict>): Promise<void> {
    const thrown: unknown[] = [];
    const tasks = jobs.map((job) => ({
      title: `${job.id} ${job.sentence}`,
      skip: () => thrown.length > 0,
      task: async (_: unknown, task: Shown & { skip(message: string): void }) => {
        this.shown.set(job.id, task);
        const verdict = await body(job).catch((error: unknown) => {
          thrown.push(error);
          throw error;
        });
        if (verdict === "not-run") task.skip(`${job.id} not run`);
        if (verdict === "violated") throw new Error("violated");
      },
    }));
    const { stream } = this;
    const processOutput = new ProcessOutput(stream, stream, { leaveEmptyLine: false });
    const logger = new ListrLogger({ useIcons: true, toStderr: [], processOutput });
    const rendererOptions = { logger, showErrorMessage: false, formatOutput: "truncate" } as const;
    // The command line itself listens to signals, and first stops what it has started.
    const list = { exitOnError: false, registerSignalListeners: false, rendererOptions };
    await new Listr<unknown, "default">(tasks, list).run();
    if (thrown.length > 0) throw thrown[0];
  }
}
