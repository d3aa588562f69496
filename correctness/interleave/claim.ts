/** C5: whatever the interleaving of calls, some order of them explains what comes out. */

import type { Claim, ClaimResult, Context, Finding, Row } from "../claims.js";
import { serverOf } from "../server.js";
import { shardOf } from "../shard.js";
import { swallowedFinding } from "./failing.js";
import type { Met } from "./meet.js";
import { extents, planFor } from "./plan.js";
import { withRowLocks } from "./row-locks.js";
import { runAll, type Done, type Ran } from "./run.js";
import { violationFinding } from "./text.js";

const sum = (done: readonly Done[], of: (met: Met) => number): number =>
  done.reduce((all, { met }) => all + of(met), 0);

/** Schedules of which none repeats another one. */
const schedules = ({ runs, redundant }: Met): number => runs - redundant;

const violated = (done: readonly Done[]): boolean => done.some(({ met }) => met.violation !== null);

/** By what meets. */
function rowOf(name: string, done: readonly Done[]): Row {
  return {
    name,
    verdict: violated(done) ? "violated" : "holds",
    seconds: done.reduce((all, { seconds }) => all + seconds, 0),
    facts: {
      states: done.length,
      schedules: sum(done, schedules),
      "stand for": sum(done, (met) => met.interleavings),
      repeated: sum(done, (met) => met.redundant),
      "not all": done.filter(({ met }) => met.cut).length,
      waited: sum(done, (met) => met.waiting),
      "turned away": sum(done, (met) => met.benign),
    },
  };
}

/** What a step costs beside a query that does nothing, and how fast it went. */
function speedOf({ done, failing, roundTripMs }: Ran, seconds: number): Row {
  const busy = done.reduce((all, each) => all + each.seconds, 0);
  const steps = sum(done, (met) => met.steps);
  const stepMs = (busy * 1000) / steps;
  const row = rowOf("all", done);
  return {
    ...row,
    seconds,
    facts: {
      ...row.facts,
      "a second": Math.round(sum(done, schedules) / seconds),
      errors: failing.errors,
      "step / round trip": Number((stepMs / roundTripMs).toFixed(1)),
    },
  };
}

function findingsOf({ done, failing }: Ran, missing: readonly string[], tier: string): Finding[] {
  const again = (actions: readonly string[]) =>
    `ringproof interleave ${[...new Set(actions)].join(" ")} --tier ${tier}`;
  const found = done.flatMap(({ work, met }) => {
    const replay = again(work.calls.map(({ action }) => action));
    return met.violation ? [violationFinding(work, met.violation, replay)] : [];
  });
  const wanting = missing.map((name) => ({
    title: `${name}: the explorer found too few states in which they meet`,
    lines: ["What never met says nothing. Add an area to correctness/interleave/scopes.ts."],
    replay: again(name.split(" × ")),
  }));
  return [...found, ...failing.swallowed.map(swallowedFinding), ...wanting];
}

async function run(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  const { tier, configs, shard } = context;
  const { work, missing } = planFor(extents[tier], configs);
  const mine = shardOf(work, shard);
  const server = await serverOf(context);
  let ran: Ran;
  const began = performance.now();
  try {
    ran = await withRowLocks(server, () => runAll(server, mine, context));
  } finally {
    await server.stop();
  }
  const seconds = (performance.now() - began) / 1000;
  const { done } = ran;
  const byName = new Map<string, Done[]>(work.map(({ name }) => [name, []]));
  for (const each of done) byName.get(each.work.name)!.push(each);
  const met = [...byName].filter(([, some]) => some.length > 0);
  const covered = (sessions: number) =>
    met.filter(([, [first]]) => first!.work.calls.length === sessions).length;
  const faults = done.flatMap(({ met }) => met.violation?.fault ?? []);
  const findings = findingsOf(ran, missing, tier);
  return {
    id: "C5",
    verdict: findings.length > 0 ? "violated" : "holds",
    seconds: (performance.now() - started) / 1000,
    covered: {
      pairs: covered(2),
      triples: covered(3),
      quadruples: covered(4),
      interleavings: sum(done, schedules),
      deadlocks: faults.filter((f) => f === "deadlock").length,
      unexplained: faults.filter((f) => f !== "deadlock").length,
    },
    rows: [...met.map(([name, some]) => rowOf(name, some)), speedOf(ran, seconds)],
    findings,
    counts: ran.counts,
  };
}

export const interleaveClaim: Claim = {
  id: "C5",
  command: "interleave",
  sentence: "whatever the interleaving of calls, some order of them explains what comes out",
  covers: ["pairs", "triples", "quadruples", "interleavings", "deadlocks", "unexplained"],
  needs: ["pg"],
  fills: { interleave: ["action", "answer", "label"] },
  run,
};
