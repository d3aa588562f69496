/** C4 as a hunter: short random runs of the three, with a mutant. */

import type { PostgresServer } from "../../src/postgres/server.js";
import { smallScope as scope } from "../lockstep/claim.js";
import { runLockstep } from "../lockstep/lockstep.js";
import { traceText } from "../lockstep/text.js";
import type { Hunter, Kill } from "./hunter.js";
import { changedText, type SqlMutant } from "./sql-mutant.js";

const RUNS = 40;
const STEPS = 80;
const SEED = 7;

export class LockstepHunter implements Hunter {
  readonly check = "lockstep";
  private readonly server: PostgresServer;

  constructor(server: PostgresServer) {
    this.server = server;
  }

  async hunt(mutant: SqlMutant): Promise<Kill | null> {
    const { server, check } = this;
    const size = { scope, runs: RUNS, steps: STEPS, connections: 1, shrink: false };
    const { failure } = await runLockstep({
      server,
      seed: SEED,
      amend: changedText(mutant),
      ...size,
    });
    if (!failure) return null;
    return { check, steps: failure.trace.length, how: traceText(failure.trace) };
  }

  async close(): Promise<void> {}
}
