/** C6 as a claim: the plans on disk are recorded again, and must be what Postgres takes. */

import { readFile } from "node:fs/promises";
import { UserError } from "../../src/errors.js";
import type { Claim, ClaimResult, Context, Finding, Row } from "../claims.js";
import { grouped } from "../grouped.js";
import { namedAmong } from "../interleave/plan.js";
import { serverOf } from "../server.js";
import { shardOf } from "../shard.js";
import { differences, type Difference } from "./compare.js";
import {
  distinct,
  moduleFile,
  moduleText,
  readPlans,
  writePlans,
  type Recording,
} from "./files.js";
import { allLabels } from "./labels.js";
import { allOperations, type Operation } from "./operations.js";
import { callKinds, type Plan } from "./plan.js";
import type { Swallowed } from "./planned-errors.js";
import { record, type Recorded } from "./recorder.js";
import { situations } from "./situations.js";

/** The named operations, or all of them, in this shard. */
function chosen({ configs, shard }: Context): readonly Operation[] {
  const named = configs.length === 0 ? allOperations : namedAmong(allOperations, configs);
  return shardOf(allOperations, shard, (name) => named.includes(name));
}

const words = (calls: readonly string[]): string =>
  calls.length === callKinds.length ? "every call" : `${calls.join(" and ")} call`;

/** The same difference in several situations of an operation is one finding. */
export function differenceFindings(found: readonly Difference[]): readonly Finding[] {
  const titleOf = ({ operation, label, expected, found: now }: Difference): string =>
    `${operation}, after ${label}: expected ${expected}, found ${now}`;
  return [...grouped(found, titleOf)].map(([title, all]) => {
    const { operation, situation, calls, more } = all[0]!;
    const others = all.length === 1 ? [] : [`and in ${all.length - 1} more`];
    return {
      title,
      lines: [`in ${situation} (${words(calls)})`, ...others, ...more],
      replay: `ringproof locks ${operation}`,
      bundle: { differences: all },
    };
  });
}

/** Labels that no call came to: of some operations alone, nobody can tell which they should. */
export function unreached(
  wanted: readonly Operation[],
  reached: ReadonlySet<string>,
): readonly Finding[] {
  if (wanted.length < allOperations.length) return [];
  const labels = allLabels().filter((label) => !reached.has(label));
  if (labels.length === 0) return [];
  return [
    {
      title: `no call came to ${labels.join(", ")}`,
      lines: ["What is locked behind these labels is in no plan."],
      replay: "ringproof locks",
    },
  ];
}

export const swallowedFindings = (all: readonly Swallowed[]): readonly Finding[] =>
  all.map(({ operation, situation, label, answer }) => ({
    title: `${operation}: an error at ${label} does not come out`,
    lines: [`in ${situation}`, `it answers:  ${answer}`],
    replay: `ringproof locks ${operation}`,
    bundle: { operation, situation, label },
  }));

async function staleModule(recording: Recording): Promise<readonly Finding[]> {
  const text = await readFile(moduleFile(), "utf8").catch(() => "");
  if (text === moduleText(recording)) return [];
  return [
    {
      title: "LockPlans.tla is not what is generated from lock-plans.json",
      lines: ["TLC would look at other plans than those that are compared with Postgres."],
      replay: "ringproof locks --write",
    },
  ];
}

function rowsOf(
  wanted: readonly Operation[],
  { plans, seconds }: Recorded,
  found: readonly Difference[],
): readonly Row[] {
  return wanted.map((operation): Row => {
    const own = plans.filter((plan) => plan.operation === operation);
    const other = found.filter((d) => d.operation === operation).length;
    return {
      name: operation,
      seconds: seconds.get(operation) ?? 0,
      verdict: other === 0 ? "holds" : "violated",
      facts: {
        situations: new Set(own.map(({ situation }) => situation)).size,
        plans: distinct(own).length,
        "most locks": Math.max(...own.map(({ steps }) => steps.length)),
        calls: sameInEveryCall(own) ? "alike" : "differ",
        differences: other,
      },
    };
  });
}

/** Whether the first, the plan-building and the generic call of each situation lock the same. */
function sameInEveryCall(plans: readonly Plan[]): boolean {
  const bySituation = grouped(plans, ({ situation }) => situation);
  const texts = (same: readonly Plan[]) => new Set(same.map(({ steps }) => JSON.stringify(steps)));
  return [...bySituation.values()].every((same) => texts(same).size === 1);
}

async function recordAll(context: Context, wanted: readonly Operation[]) {
  const server = await serverOf(context);
  try {
    const recorded = await record({
      server,
      situations: situations(wanted),
      signal: context.signal,
      progress: (done, total) => context.progress("situations", done, total),
    });
    return { ...recorded, postgres: Number.parseInt(server.version, 10) };
  } finally {
    await server.stop();
  }
}

/** All versions lock alike; should another planner lock something else one day, that is said. */
const otherVersion = (
  { postgres: recorded }: Recording,
  postgres: number,
  found: readonly Difference[],
): Pick<ClaimResult, "note"> =>
  recorded === postgres || found.length === 0
    ? {}
    : { note: `The plans are of Postgres ${recorded}, and this is Postgres ${postgres}.` };

function result(
  started: number,
  wanted: readonly Operation[],
  recorded: Recorded,
  found: readonly Difference[],
  findings: readonly Finding[],
): ClaimResult {
  return {
    id: "C6",
    verdict: findings.length === 0 ? "holds" : "violated",
    seconds: (performance.now() - started) / 1000,
    covered: {
      operations: wanted.length,
      plans: distinct(recorded.plans).length,
      differences: found.length,
    },
    rows: rowsOf(wanted, recorded, found),
    findings,
  };
}

async function run(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  const wanted = chosen(context);
  const disk = await readPlans();
  const recorded = await recordAll(context, wanted);
  const found = differences(disk.plans, recorded.plans, wanted);
  const findings = [
    ...differenceFindings(found),
    ...swallowedFindings(recorded.swallowed),
    ...unreached(wanted, recorded.reached),
    ...(await staleModule(disk)),
  ];
  const { postgres } = recorded;
  return {
    ...result(started, wanted, recorded, found, findings),
    ...otherVersion(disk, postgres, found),
  };
}

/** Records every plan and writes both files anew. */
export async function writeLocks(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  if (context.configs.length > 0 || context.shard.count > 1)
    throw new UserError(
      "What is written are the plans of all operations.",
      "Leave out their names and --shard, or leave out --write to compare some of them.",
    );
  const recorded = await recordAll(context, allOperations);
  const { plans, postgres, reached, swallowed } = recorded;
  await writePlans({ postgres, plans: distinct(plans) });
  const findings = [...swallowedFindings(swallowed), ...unreached(allOperations, reached)];
  const note = "Written: spec/lock-plans.json and spec/LockPlans.tla.";
  return { ...result(started, allOperations, recorded, [], findings), note };
}

export const locksClaim: Claim = {
  id: "C6",
  command: "locks",
  sentence: "the lock plans in LockOrder are the ones Postgres takes",
  covers: ["operations", "plans", "differences"],
  needs: ["pg"],
  run,
};
