/** C4 as a claim: how many runs a tier makes, what must have happened in them, what is printed. */

import { actionNames, allAnswers, NONE, type Scope } from "../../src/core/index.js";
import type { PostgresServer } from "../../src/postgres/server.js";
import type { Claim, ClaimResult, Context, Finding, Tier } from "../claims.js";
import { serverOf } from "../server.js";
import { shardOf } from "../shard.js";
import { Counts } from "../coverage/counts.js";
import { stepsText } from "../report/calls.js";
import { readersOfCopy } from "./copied.js";
import { runLockstep, type Failure, type LockstepResult } from "./lockstep.js";
import { badStepLines, traceText } from "./text.js";

const named = (count: number): string[] => Array.from({ length: count }, (_, i) => `j${i + 1}`);

/** Ten keys of three jobs each: two that are often in one batch, and one that comes later. */
const sameKey = Array.from({ length: 10 }, (_, i) => [2 * i + 1, 2 * i + 2, i + 51]);

/**
 * Every shard of every priority of every queue. Ids are given in the order of the names, as the
 * core has it, so that the more urgent lane is not the one with the lower id.
 */
const lanesOf = (shards: readonly number[]): string[] =>
  ["a", "b"].flatMap((queue) =>
    [10, 9].flatMap((priority) => shards.map((shard) => `${queue}/${priority}/${shard}`)),
  );

/** The same in every tier, so that a seed and a path are all that a replay needs. */
export const lockstepScope: Scope = {
  jobs: named(100),
  lanes: lanesOf([0, 1]),
  queueSlots: 4,
  claimSlots: 4,
  leaseSlots: 4,
  leases: [],
  maxBatch: 8,
  maxWait: 2,
  deadlines: [NONE, NONE, 2, 4],
  callbackWait: 2,
  staleAfter: 2,
  maxAttempts: 2,
  failedFloor: 8,
  sameKey: sameKey.map((jobs) => jobs.map((n) => `j${n}`)),
  maxSeq: Infinity,
  enabled: actionNames,
};

/** Few jobs and slots, so that everything meets everything soon: for planted bugs. */
export const smallScope: Scope = {
  ...lockstepScope,
  jobs: lockstepScope.jobs.slice(0, 16),
  lanes: lanesOf([0]),
  queueSlots: 2,
  claimSlots: 2,
  leaseSlots: 2,
  maxBatch: 3,
  maxWait: 1,
  sameKey: lockstepScope.sameKey.slice(0, 2),
};

/** Many jobs in few lanes: several attempts of a lane are due together. */
export const narrowScope: Scope = {
  ...smallScope,
  jobs: lockstepScope.jobs,
  lanes: smallScope.lanes.slice(0, 2),
};

export const lockstepSteps = 500;

const runsOf: { readonly [T in Tier]: number } = { quick: 20, full: 300, nightly: 3000 };

/** Fewer steps of a shard prove nothing by what did not happen in them. */
const ENOUGH = 5_000;

/** The answers that never came. */
export const unseen = ({ counts }: Pick<LockstepResult, "counts">): string[] =>
  allAnswers.filter((answer) => !counts.has(answer));

export function failureFinding({ seed, path, trace, bad, tried }: Failure): Finding {
  const origin = tried > 1 ? `seed ${seed}, the shortest of ${tried} runs` : `seed ${seed}`;
  return {
    title: `${stepsText(trace.length)}: ${traceText(trace)}`,
    lines: [...badStepLines(bad), origin],
    replay: `ringproof lockstep --seed ${seed} --path ${path}`,
    bundle: { seed, path, scope: lockstepScope, steps: lockstepSteps, trace, bad },
  };
}

/** What to say of a tier's runs, or of enough of them, in which some answers never came. */
export function neverSeen(
  result: Pick<LockstepResult, "steps" | "counts">,
  { tier, seed, shard }: Pick<Context, "tier" | "seed" | "shard">,
): Finding[] {
  if (shard.count > 1 && result.steps < ENOUGH) return [];
  const never = unseen(result);
  if (never.length === 0) return [];
  return [
    {
      title: `never happened in the random runs: ${never.join(", ")}`,
      lines: ["A run in which these do not occur says nothing about them."],
      replay: `ringproof lockstep --tier ${tier} --seed ${seed}`,
    },
  ];
}

/** The runs of this shard; a path names its own. */
function runsFor({ tier, shard }: Context, path?: string): number[] {
  if (path !== undefined) return [];
  return shardOf([...Array(runsOf[tier]).keys()], shard);
}

/** Once, and only on a server that is ours: it takes databases of its own. */
async function copied(server: PostgresServer, { shard }: Context): Promise<Finding[]> {
  if (server.pid === undefined || shard.index > 1) return [];
  const shown = await readersOfCopy(server);
  const title = "health shows who reads in another database";
  return shown.length > 0 ? [{ title, lines: shown, replay: "ringproof lockstep" }] : [];
}

function findings(result: LockstepResult, context: Context, path?: string): Finding[] {
  if (result.failure) return [failureFinding(result.failure)];
  return path === undefined ? neverSeen(result, context) : [];
}

async function run(context: Context, path?: string): Promise<ClaimResult> {
  const began = Date.now();
  const wanted = runsFor(context, path);
  const server = await serverOf(context);
  try {
    const result = await runLockstep({
      server,
      scope: lockstepScope,
      steps: lockstepSteps,
      seed: context.seed,
      runs: wanted,
      path,
      labels: context.labels,
      signal: context.signal,
      progress: (steps, of) => context.progress("lockstep", steps, of),
    });
    const { runs, steps, counts } = result;
    const found = [
      ...findings(result, context, path),
      ...(path === undefined ? await copied(server, context) : []),
    ];
    const verdict = found.length > 0 ? "violated" : "holds";
    const seconds = (Date.now() - began) / 1000;
    const name = `${lockstepScope.jobs.length} jobs, ${lockstepScope.lanes.length} lanes`;
    const facts = {
      "random runs": runs,
      "steps of all runs": steps,
      "kinds of answers": `${counts.size} of ${allAnswers.length}`,
      Postgres: server.version,
    };
    const passed = path !== undefined && !result.failure;
    const judged = { verdict, seconds, ...(passed && { wording: "no violation" }) } as const;
    const note = passed && { note: replayNote(context, path, steps) };
    const rows = [{ name, ...judged, facts }];
    const all = countsOf(result);
    const covered = { runs, steps };
    return { id: "C4", ...judged, covered, rows, findings: found, counts: all, ...note };
  } finally {
    await server.stop();
  }
}

/** Actions, their answers and labels. */
function countsOf({ counts, labels }: LockstepResult): Counts {
  const all = new Counts();
  for (const [answer, n] of counts) {
    const [action, ...word] = answer.split(" ");
    all.answer("lockstep", action!, word.join(" "), n);
  }
  all.all("lockstep", labels);
  return all;
}

/** A path that somebody made up may fit too: nobody knows of a run whether it ever failed. */
const replayNote = ({ seed }: Context, path: string, steps: number): string =>
  `The replay of --seed ${seed} --path ${path} found no violation in its ${steps} steps. ` +
  "If it is of a failure, that one is mended; no other run was made.";

/** Makes only the run that a report names by its seed and path. */
export const replayLockstep = (context: Context, path: string): Promise<ClaimResult> =>
  run(context, path);

export const lockstepClaim: Claim = {
  id: "C4",
  command: "lockstep",
  sentence: "contract, core and Postgres stay equivalent on long random runs",
  covers: ["runs", "steps"],
  needs: ["pg", "seed"],
  fills: { lockstep: ["action", "answer", "label"] },
  run: (context) => run(context),
};
