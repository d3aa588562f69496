/** Drives the process of a contestant. */

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { withCleanup } from "../../src/cleanup.js";
import type { Terms } from "./contestants/contestant.js";
import type { Answer, Name, Request } from "./requests.js";

const program = fileURLToPath(new URL("child.js", import.meta.url));

export class Driver {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Installed; `node` is the program that runs it. */
  static async with<T>(
    node: string,
    name: Name,
    terms: Terms,
    body: (driver: Driver) => Promise<T>,
  ): Promise<T> {
    const child = fork(program, { execPath: node, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    return withCleanup(
      () => void child.kill("SIGKILL"),
      async () => {
        const driver = new Driver(child);
        await driver.ask({ what: "install", name, terms });
        return body(driver);
      },
    );
  }

  async ask(request: Request): Promise<Answer> {
    const ended = once(this.child, "exit").then(() => {
      throw new Error(`the process of a contestant ended before it had answered ${request.what}`);
    });
    ended.catch(() => undefined);
    this.child.send(request);
    const [answer] = (await Promise.race([once(this.child, "message"), ended])) as [
      Answer | { error: string },
    ];
    if ("error" in answer) throw new Error(answer.error);
    return answer;
  }
}
