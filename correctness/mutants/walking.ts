/** C4 as a hunter: random runs of the three, with a mutant; short ones first, where all is near. */

import type { ActionName, Scope } from "../../src/core/index.js";
import type { PostgresServer } from "../../src/postgres/server.js";
import { lockstepScope, narrowScope, smallScope } from "../lockstep/claim.js";
import { readersOfCopy } from "../lockstep/copied.js";
import { NotTaken } from "../lockstep/database.js";
import { runLockstep, type Failure, type LockstepOptions } from "../lockstep/lockstep.js";
import { isRescue } from "../lockstep/due.js";
import { actionBehind } from "../lockstep/other-calls.js";
import { traceText } from "../lockstep/text.js";
import { Effort, orError, Stillborn, type Hunter, type Kill } from "./hunter.js";
import { changedText, type SqlMutant } from "./sql-mutant.js";

interface Size extends Pick<LockstepOptions, "scope" | "runs" | "steps"> {
  /** Whether the calls that reach the mutant come up more often than usual. */
  readonly often?: true;
}

const jobs = Array.from({ length: 48 }, (_, i) => `j${i + 1}`);

/** Large batches of jobs: of eight, the even ones carry the same unique key, and the odd ones. */
const keyedScope: Scope = {
  ...smallScope,
  jobs,
  maxBatch: 8,
  sameKey: Array.from({ length: 12 }, (_, i) =>
    jobs.filter((_, j) => 2 * Math.floor(j / 8) + (j % 2) === i),
  ),
};

const walks: Readonly<Record<"first" | "thorough", readonly Size[]>> = {
  first: [
    { scope: smallScope, runs: 8, steps: 100 },
    { scope: smallScope, runs: 6, steps: 100, often: true },
    { scope: keyedScope, runs: 4, steps: 50 },
  ],
  thorough: [
    { scope: smallScope, runs: 30, steps: 100 },
    { scope: narrowScope, runs: 20, steps: 150, often: true },
    { scope: keyedScope, runs: 20, steps: 60, often: true },
    { scope: lockstepScope, runs: 6, steps: 300 },
  ],
};

const every = { seed: 7, asked: 4, connections: 1, shrink: false } as const;

export class LockstepHunter implements Hunter {
  readonly check = "lockstep";
  private readonly server: PostgresServer;

  constructor(server: PostgresServer) {
    this.server = server;
  }

  hunt(mutant: SqlMutant, effort = new Effort()): Promise<Kill | null> {
    const { server, check } = this;
    const amend = changedText(mutant);
    const { first, thorough } = walks;
    const sizes = mutant.on ? [...first, ...thorough] : effort.thorough ? thorough : first;
    return orError(check, async () => {
      for (const { often, ...size } of sizes) {
        if (!effort.take()) break;
        const more = often && { often: callsOf(mutant) };
        const walked = runLockstep({ server, amend, ...every, ...size, ...more });
        const { failure } = await walked.catch(orStillborn);
        if (failure) return { check, steps: failure.trace.length, how: howOf(failure) };
      }
      const asked = effort.thorough && mutant.further.includes("RingHealth");
      if (!asked || server.pid === undefined || !effort.take()) return null;
      const [how] = await readersOfCopy(server, amend);
      return how === undefined ? null : { check, steps: 1, how };
    });
  }

  async close(): Promise<void> {}
}

/** Without these there are no several jobs to rescue, or to retry. */
function before(action: ActionName): readonly ActionName[] {
  if (isRescue(action)) return ["Enqueue", "Claim"];
  if (action === "RetryFromDlq") return ["Enqueue", "Claim", "FailToDlq"];
  return action === "RetryFromTerminal" ? ["Enqueue", "Claim", "Fail", "CancelReady"] : [];
}

/** The actions whose calls, or calls that stand for them, reach the mutant. */
function callsOf({ actions, further }: SqlMutant): readonly ActionName[] {
  const own = [...actions, ...further.flatMap((name) => actionBehind[name] ?? [])];
  return [...own, ...own.flatMap(before)];
}

function orStillborn(error: unknown): never {
  throw error instanceof NotTaken ? new Stillborn(error.message) : error;
}

/** The calls, and what is wrong beside the rows. */
function howOf({ trace, bad }: Failure): string {
  const said = bad.error ?? [...bad.faults, ...bad.health.shown, ...bad.health.expected][0];
  return traceText(trace) + (said === undefined ? "" : `: ${said}`);
}
