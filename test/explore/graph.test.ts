/** The explorer against the manifest, and the comparison of graphs against planted differences. */

import { describe, expect, test } from "vitest";
import {
  actions,
  drained,
  encode,
  type ActionTable,
  type Scope,
  storageMachine,
  NONE,
} from "../../src/core/index.js";
import { compareCounts, compareEdges } from "../../correctness/explore/compare.js";
import { firstStuck } from "../../correctness/explore/drain.js";
import { explore, pathTo, replay, type Graph } from "../../correctness/explore/explorer.js";
import { modelled, readModel, storageModel } from "../../correctness/explore/model.js";
import { readScope, specDir } from "../../correctness/explore/scope.js";
import { GraphSink } from "../../correctness/tlc/graph-sink.js";
import { findJar } from "../../correctness/tlc/jar.js";
import { findJava } from "../../correctness/tlc/java.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { runTlc } from "../../correctness/tlc/run.js";
import { manifestFile, positive } from "../../correctness/tlc/suite.js";

const entries = (await readManifest(manifestFile())).filter(positive).filter(modelled);
const quick = entries.filter((e) => e.tier === "quick");

test.each(quick)("$name has the states, depth and edges of the manifest", async (entry) => {
  const { machine } = await readModel(entry);
  const graph = explore(machine, { keepEdges: true });
  expect(graph.violation).toBeNull();
  expect(graph.states.length).toBe(entry.expect.distinct);
  expect(graph.depth).toBe(entry.expect.depth);
  const taken = Object.entries(graph.edges).filter(([, count]) => count > 0);
  expect(Object.fromEntries(taken)).toEqual(entry.expect.edges);
  expect(firstStuck(graph)).toBeNull();
});

test("every action is taken in some configuration of the quick tier", async () => {
  for (const module of new Set(quick.map((e) => e.module))) {
    const entries = quick.filter((e) => e.module === module);
    const taken = new Set(entries.flatMap((e) => Object.keys(e.expect.edges)));
    const { machine } = await readModel(entries[0]!);
    expect([...taken].sort(), module).toEqual([...machine.actionNames].sort());
  }
});

test("states have codes of their own, also where one character is not enough", async () => {
  const scope = await readScope("batches.cfg");
  const { db, env } = storageMachine(scope).initial;
  const code = (lease: number) =>
    encode({ db, env: { ...env, acked: [{ job: "j1", lease }] } }, scope);
  const codes = Array.from({ length: 70_000 }, (_, lease) => code(lease));
  expect(new Set(codes).size).toBe(codes.length);
  expect([5, 40_000, 69_999].map(code)).toEqual([codes[5], codes[40_000], codes[69_999]]);
});

test("a call that is none of the machine's own is a step all the same", async () => {
  const scope = await readScope("batches.cfg");
  const machine = storageMachine(scope);
  const enqueue = (job: string) =>
    machine.step(machine.initial, {
      action: "Enqueue",
      args: { lane: "a", batch: [job], wait: 0 },
    }).state;
  expect(machine.key(enqueue("j1"))).not.toBe(machine.key(enqueue("j2")));
});

describe("symmetry", () => {
  test("states that differ in the names of jobs are one state", async () => {
    const scope = await readScope("batches.cfg");
    const trace = (a: string, b: string) =>
      replay(
        [
          { action: "Enqueue", args: { lane: "a", batch: [a, b], wait: 0 } },
          { action: "Claim", args: { lane: "a", n: 1, deadline: NONE } },
        ],
        storageMachine(scope),
      ).at(-1)!.state;
    const [one, other] = [trace("j1", "j2"), trace("j2", "j1")];
    expect(encode(one, scope)).not.toBe(encode(other, scope));
    const [apart, alike] = [storageMachine(scope), storageMachine(scope, { symmetric: true })];
    expect(apart.key(one)).not.toBe(apart.key(other));
    expect(alike.key(one)).toBe(alike.key(other));
  });
});

describe("drainability", () => {
  const without = (table: Partial<ActionTable>): ActionTable => ({ ...actions, ...table });

  test("a ring that cannot be pruned is found, by the shortest way there", async () => {
    const scope = await readScope("lifecycle.cfg");
    const never = { ...actions.PruneClaims, refuse: () => ({ result: "noop" }) as const };
    const graph = explore(storageMachine(scope, { table: without({ PruneClaims: never }) }), {
      keepEdges: true,
    });
    const stuck = firstStuck(graph)!;
    expect(pathTo(graph, stuck).map((c) => c.action)).toEqual(["Enqueue", "Claim"]);
    expect(drained(graph.states[stuck]!.db)).toBe(false);
  });
});

describe("TLC's graph and the core's", async () => {
  const scope = await readScope("slots.cfg");
  const [jar, java] = [await findJar(), await findJava()];
  const sink = new GraphSink(true);
  await runTlc({
    jar: jar.path,
    java: java.path,
    specDir: specDir(),
    module: "MCSegmentedStorage",
    cfg: `${specDir()}/slots.cfg`,
    dump: sink,
  });
  const tlc = sink.finish();
  const model = storageModel(scope, false);
  const exploreWith = (table: Partial<ActionTable>, in_: Scope = scope): Graph =>
    explore(storageMachine(in_, { table: { ...actions, ...table } }), {
      keepEdges: true,
      properties: [],
    });

  test("are equal, edge for edge", () => {
    expect(compareEdges(tlc, exploreWith({}), model)).toEqual([]);
    expect(compareCounts(tlc, exploreWith({}))).toEqual([]);
  });

  test("differ by one wrong character in the core, readably", () => {
    const late = {
      ...actions.Claim,
      apply: (...args: Parameters<typeof actions.Claim.apply>) => {
        const done = actions.Claim.apply(...args);
        const evidence = done.db.attemptEvidence.map((e) => ({ ...e, through: e.through + 1 }));
        return { ...done, db: { ...done.db, attemptEvidence: evidence } };
      },
    };
    const [difference] = compareEdges(tlc, exploreWith({ Claim: late }), model);
    expect(difference!.title).toBe("Enqueue(a, j1) → Claim?");
    const report = difference!.lines.join("\n");
    expect(report).toContain("  + attemptEvidence  slot=0 lane=a through=2");
    expect(compareCounts(tlc, exploreWith({ Claim: late })).length).toBeLessThanOrEqual(1);
  });

  test("differ where the core refuses too much, and say what it allows", () => {
    const never = {
      ...actions.DiscardTerminal,
      refuse: () => ({ result: "notTerminal" }) as const,
    };
    const [difference] = compareEdges(tlc, exploreWith({ DiscardTerminal: never }), model);
    expect(difference!.title).toMatch(/→ DiscardTerminal\?$/);
    expect(difference!.lines.join("\n")).toContain("the core does not allow DiscardTerminal");
    expect(compareCounts(tlc, exploreWith({ DiscardTerminal: never }))).not.toEqual([]);
  });
});
