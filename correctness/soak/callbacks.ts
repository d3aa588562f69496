/** Hears of what parked attempts wait for, and lets them go on. */

import type { WorkerToken } from "../../src/postgres/statements.js";
import { Actor } from "./actor.js";

interface Awaited {
  readonly token: WorkerToken;
  /** Milliseconds of the machine. */
  readonly due: number;
  /** To be called once the attempt goes on. */
  resumed(): void;
}

const LONGEST_MS = 1_200;

export class Callbacks extends Actor {
  private awaited: Awaited[] = [];

  expect(token: WorkerToken, resumed: () => void): void {
    this.awaited.push({ token, due: performance.now() + this.dice(LONGEST_MS), resumed });
  }

  protected async step(): Promise<void> {
    const now = performance.now();
    const some = this.awaited.filter(({ due }) => due <= now);
    if (some.length === 0) return this.pause(20);
    this.awaited = this.awaited.filter(({ due }) => due > now);
    const tokens = some.map(({ token }) => token);
    const answers = await this.on("resumeCallback", tokens, (at) =>
      this.storage.resumeCallback(tokens, at),
    );
    // Whoever calls back and hears nothing calls again.
    if (!answers) this.awaited.push(...some);
    else for (const [i, each] of some.entries()) if (answers[i] === "resumed") each.resumed();
  }
}
