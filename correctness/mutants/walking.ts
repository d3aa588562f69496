/** C4 as a hunter: short random runs of the three, with a mutant. */

import type { PostgresServer } from "../../src/postgres/server.js";
import { smallScope as scope } from "../lockstep/claim.js";
import { runLockstep } from "../lockstep/lockstep.js";
import { traceText } from "../lockstep/text.js";
import { Effort, type Hunter, type Kill } from "./hunter.js";
import { changedText, type SqlMutant } from "./sql-mutant.js";

const RUNS = { first: 15, thorough: 60 };
const STEPS = 80;
const SEED = 7;

export class LockstepHunter implements Hunter {
  readonly check = "lockstep";
  private readonly server: PostgresServer;

  constructor(server: PostgresServer) {
    this.server = server;
  }

  async hunt(mutant: SqlMutant, effort = new Effort()): Promise<Kill | null> {
    const { server, check } = this;
    const { runs, failure } = await runLockstep({
      server,
      scope,
      seed: SEED,
      runs: Math.min(effort.thorough ? RUNS.thorough : RUNS.first, effort.left),
      steps: STEPS,
      amend: changedText(mutant),
      connections: 1,
      shrink: false,
    });
    effort.taken += runs;
    if (!failure) return null;
    return { check, steps: failure.trace.length, how: traceText(failure.trace) };
  }

  async close(): Promise<void> {}
}
