/** Progress where somebody watches: the jobs as a list, below the one at work how far it is. */

import { DefaultRenderer, Listr, ListrLogger, ProcessOutput } from "listr2";
import type { Verdict } from "../claims.js";
import { Meter, PlainProgress, type Job, type Output, type Progress } from "./progress.js";
import { words } from "./report.js";

const SHOW_CURSOR = "\x1b[?25h";

/** Draws on the stream it is given; standard output need not be a terminal for that. */
class StreamRenderer extends DefaultRenderer {
  static override nonTTY = true as false;
}

/** What we need of a listed task. */
interface Shown {
  title: string;
  output: string;
  skip(message: string): void;
}

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
      task: async (_: unknown, task: Shown) => {
        this.shown.set(job.id, task);
        const verdict = await body(job).catch((error: unknown) => {
          thrown.push(error);
          throw error;
        });
        if (verdict === "holds") return;
        task.title += `: ${words(verdict)}`;
        if (verdict === "violated") throw new Error(verdict);
        task.skip(task.title);
      },
    }));
    const { stream } = this;
    const processOutput = new ProcessOutput(stream, stream, { leaveEmptyLine: false });
    const logger = new ListrLogger({ useIcons: true, toStderr: [], processOutput });
    const rendererOptions = { logger, showErrorMessage: false, formatOutput: "truncate" } as const;
    // The command line itself listens to signals, and first stops what it has started.
    const list = { exitOnError: false, registerSignalListeners: false, rendererOptions };
    // The list hides the cursor, and an interruption leaves it no time to show it again.
    const showCursor = () => void processOutput.toStdout(SHOW_CURSOR, false);
    process.once("exit", showCursor);
    await new Listr(tasks, { ...list, renderer: StreamRenderer }).run();
    process.off("exit", showCursor);
    if (thrown.length > 0) throw thrown[0];
  }
}

/** A list where somebody watches; otherwise lines. */
export const progressOn = ({ terminal, write }: Output): Progress =>
  terminal ? new TerminalProgress(terminal) : new PlainProgress(write);
