/** Drives the process of a contestant. */

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { withCleanup } from "../../src/cleanup.js";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import type { Terms } from "./contestants/contestant.js";
import type { Answer, Name, Request } from "./requests.js";

export interface DriverOptions {
  /** The program that runs it. */
  readonly node: string;
  readonly name: Name;
  readonly terms: Terms;
  readonly signal?: AbortSignal | undefined;
}

export class Driver {
  private readonly child: ChildProcess;
  private readonly options: DriverOptions;
  private said = "";

  private constructor(child: ChildProcess, options: DriverOptions) {
    this.child = child;
    this.options = options;
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.said += text));
    // An interruption is told to whoever waits for an answer.
    child.on("error", () => undefined);
  }

  /** With the contestant installed. An AbortError ends it, once the signal is aborted. */
  static async with<T>(options: DriverOptions, body: (driver: Driver) => Promise<T>): Promise<T> {
    const { node, name, terms, signal } = options;
    const program = join(packageRoot(), "dist", "correctness", "bench", "child.js");
    const child = fork(program, {
      execPath: node,
      execArgv: [],
      stdio: ["ignore", "inherit", "pipe", "ipc"],
      ...(signal && { signal }),
      killSignal: "SIGKILL",
    });
    return withCleanup(
      () => void child.kill("SIGKILL"),
      async () => {
        const driver = new Driver(child, options);
        await driver.ask({ what: "install", name, terms });
        return body(driver);
      },
    );
  }

  /** A UserError says what it said when it ended instead. */
  async ask(request: Request): Promise<Answer> {
    this.options.signal?.throwIfAborted();
    const over = new AbortController();
    const ended = once(this.child, "close", over).then(() => Promise.reject(this.failed(request)));
    ended.catch(() => undefined);
    try {
      this.child.send(request, () => undefined);
      const [answer] = await Promise.race([once(this.child, "message", over), ended]);
      return answer as Answer;
    } finally {
      over.abort();
    }
  }

  private failed({ what }: Request): UserError {
    const why = /^.*Error: .*$/m.exec(this.said)?.[0] ?? "it did not say why";
    return new UserError(
      `The process of ${this.options.name} ended before it had answered ${what}: ${why}`,
      "See that there are memory and disk left; run it again.",
      { cause: new Error(this.said) },
    );
  }
}
