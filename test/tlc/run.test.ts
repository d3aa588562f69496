import { describe, expect, test, vi } from "vitest";
import { actionName } from "../../correctness/tlc/dot.js";
import { formatTrace } from "../../correctness/tlc/trace.js";
import { parseState } from "../../correctness/tlc/values.js";
import type { TlcOptions } from "../../correctness/tlc/run.js";
import { COUNTER, run, SHELF, SHELF_CFG, UPWARD } from "./fixture.js";

vi.setConfig({ maxConcurrency: 2 });

const counter = (section: string, stride = 1) =>
  run({ Counter: COUNTER, Upward: UPWARD }, `CONSTANT Stride = ${stride}\n${section}`);
const shelf = (section: string, options: Partial<TlcOptions> = {}) =>
  run({ Shelf: SHELF }, `${SHELF_CFG}${section}`, options);

interface Graph {
  readonly states: Map<string, { text: string; initial: boolean }>;
  readonly edges: string[];
}

async function dumped(section: string, workers = 1) {
  const graph: Graph = { states: new Map(), edges: [] };
  const result = await shelf(section, {
    workers,
    dump: {
      onState: (fp: string, text: string, initial: boolean) => {
        expect(graph.states.has(fp)).toBe(false);
        graph.states.set(fp, { text, initial });
      },
      onEdge: (from: string, to: string, action: string) => {
        graph.edges.push(`${from} ${action} ${to}`);
      },
    },
  });
  return { result, ...graph };
}

const count = (edges: readonly string[], action: string) =>
  edges.filter((edge) => edge.includes(` ${action} `)).length;

describe.concurrent("verdicts", () => {
  test("a config that holds: counts, coverage, progress", async () => {
    const progress: number[] = [];
    const result = await shelf("CONSTRAINT InBounds", {
      onProgress: (now: { distinct: number }) => progress.push(now.distinct),
    });
    expect(result).toMatchObject({ verdict: "holds", generated: 43, distinct: 12, depth: 5 });
    expect(result.coverage).toEqual({
      Add: { distinct: 7, generated: 18 },
      Take: { distinct: 4, generated: 12 },
      Look: { distinct: 0, generated: 12 },
    });
    expect(result.trace).toBeUndefined();
    expect(progress.at(-1)).toBe(12);
  });

  test("an invariant, with its trace", async () => {
    const result = await shelf("INVARIANT NeverTwo");
    expect(result.verdict).toBe("violated");
    expect(result.violated).toEqual({ kind: "invariant", name: "NeverTwo" });
    expect(formatTrace(result.trace!)).toBe(
      [
        "  1  Init",
        "      db.heads = [a |-> 0]",
        "      db.log = <<>>",
        "  2  Add",
        '      db.ready + [job |-> j1, name |-> x"y\\z -> /\\ ]',
        "  3  Add",
        '      db.ready + [job |-> j2, name |-> x"y\\z -> /\\ ]',
      ].join("\n"),
    );
  });

  test.each([
    ["PROPERTY OneAtATime", "action-property", "OneAtATime", 3],
    ["PROPERTY StartsFull", "property", "StartsFull", 1],
    ["PROPERTY OneAtATime Empties", "action-property", "OneAtATime", 3],
  ])("%s", async (section, kind, name, steps) => {
    const result = await shelf(section);
    expect(result.violated).toEqual({ kind, name });
    expect(result.trace).toHaveLength(steps);
  });

  test("liveness that ends in stuttering", async () => {
    const result = await shelf("PROPERTY Empties");
    expect(result.violated).toEqual({ kind: "property", name: "Empties" });
    expect(result.lassoAction).toBe("Stuttering");
    expect(result.lassoTo).toBe(result.trace!.length);
  });

  test("liveness that goes round", async () => {
    const result = await counter("SPECIFICATION Fair\nPROPERTY StaysSmall Settles StaysUp");
    expect(result.violated).toEqual({ kind: "property", name: "Settles" });
    expect(result).toMatchObject({ lassoTo: 4, lassoAction: "Back" });
  });

  test("a refinement is named by the property that states it", async () => {
    const result = await counter("SPECIFICATION Spec\nPROPERTIES StaysSmall Refines");
    expect(result.violated).toEqual({ kind: "action-property", name: "Refines" });
    expect(result.trace!.map((step) => step.action)).toEqual([
      "Init",
      "Step",
      "Step",
      "Step",
      "Step",
      "Step",
      "Back",
    ]);
  });

  test("a deadlock", async () => {
    const result = await counter("SPECIFICATION Spec", 2);
    expect(result.violated).toEqual({ kind: "deadlock", name: "deadlock" });
    expect(result.trace!.at(-1)).toEqual({ action: "Step", state: { x: 6 } });
  });

  test("a named assumption", async () => {
    const cfg = SHELF_CFG.replace("Max = 2", "Max = 9");
    const result = await run({ Shelf: SHELF }, cfg);
    expect(result.violated).toEqual({ kind: "assumption", name: "MaxIsSmall" });
  });

  test("an expression that cannot be evaluated fails, in TLC's words", async () => {
    const result = await shelf("INVARIANT NotASeat");
    expect(result.verdict).toBe("failed");
    expect(result.reason).toMatch(/nonexistent field "seat".*line 23, col 13 .* of module Shelf/s);
  });

  test("simulation", async () => {
    const simulate = { traces: 50, depth: 10, seed: 7 };
    const result = await shelf("INVARIANT NeverTwo", { simulate });
    expect(result.violated).toEqual({ kind: "invariant", name: "NeverTwo" });
    expect(await shelf("", { simulate })).toMatchObject({ verdict: "holds", distinct: 0 });
  });
});

describe.concurrent("outside a constraint", () => {
  const EDGE_OF_THE_WORLD = `---- MODULE Edge ----
EXTENDS Naturals
VARIABLE x
Init == x = 0
Up == x' = x + 1
Jump == x = 1 /\\ x' = 9
Next == Up \\/ Jump
Spec == Init /\\ [][Next]_x
Near == x < 3
NotNine == x /= 9
NoJump == [][x' <= x + 1]_x
====
`;
  const edge = (section: string) =>
    run({ Edge: EDGE_OF_THE_WORLD }, `SPECIFICATION Spec\nCONSTRAINT Near\n${section}`);

  test("nothing is explored, and a state with no other successors is no deadlock", async () => {
    expect(await edge("")).toMatchObject({ verdict: "holds", distinct: 3, depth: 3 });
  });

  test.each([
    ["INVARIANT NotNine", "invariant"],
    ["PROPERTY NoJump", "action-property"],
  ])("%s is still checked, one step deep", async (section, kind) => {
    const result = await edge(section);
    expect(result.violated).toMatchObject({ kind });
    expect(result.trace!.at(-1)).toEqual({ action: "Jump", state: { x: 9 } });
  });
});

describe.concurrent("the dumped graph", () => {
  test("holds the states inside a constraint, every self-loop, no edge that leaves", async () => {
    const { result, states, edges } = await dumped("CONSTRAINT InBounds");
    expect(result.graph).toEqual({ states: 12, edges: edges.length, complete: true });
    expect(states.size).toBe(result.distinct);
    expect(count(edges, "Add")).toBe(result.coverage["Add"]!.generated);
    expect(count(edges, "Look")).toBe(12);
    expect(count(edges, "Take")).toBe(4);
    expect([...states.values()].filter((state) => state.initial)).toHaveLength(1);
    for (const { text } of states.values()) expect(parseState(text)).toHaveProperty("db.rec.ready");

    const again = await dumped("CONSTRAINT InBounds", 2);
    expect(again.states).toEqual(states);
    expect(again.edges.sort()).toEqual(edges.sort());
  });

  test("has one state per class under symmetry, and repeats an edge per instance", async () => {
    const { result, states, edges } = await dumped("SYMMETRY Symmetric");
    expect(states.size).toBe(result.distinct);
    expect(new Set(edges).size).toBeLessThan(edges.length);
    const known = edges.flatMap((edge) => [edge.split(" ")[0]!, edge.split(" ")[2]!]);
    expect(known.filter((fp) => !states.has(fp))).toEqual([]);
  });

  test.each(["Claim", "Claim(j1, 2)", "<Claim line 8, col 1>", "Claim(j1) line 3"])(
    "the label %s names Claim",
    (label) => expect(actionName(label)).toBe("Claim"),
  );
});

describe.concurrent("a spec or cfg that is wrong", () => {
  const spec = (body: string) =>
    `---- MODULE Wrong ----\nEXTENDS Naturals\nVARIABLE x\n${body}\n====\n`;
  const INIT_NEXT = "INIT Init\nNEXT Next\n";

  test.each([
    ["a slip of the keyboard", "Init == x = = 0", /in module Wrong.*line 4, column 15/s],
    ["an unknown name", "Init == x = y\nNext == x' = x", /Wrong, line 4, column 13: .*`y'/],
    ["an unknown module", "W == INSTANCE Nowhere", /Cannot find source file for module Nowhere/],
  ])("%s", async (_, body, message) => {
    await expect(run({ Wrong: spec(body) }, INIT_NEXT)).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ["INVARIANT Nope", /invariant Nope specified in the configuration file is not defined/],
    ["CONSTANT Jops = 3", /test.cfg sets Jops, which no module defines/],
    ["BLAH x", /test.cfg, line \d: unknown section BLAH/],
    ["INVARIANT OneAtATime", /OneAtATime is not a state predicate/],
    ["NEXT Next", /cannot specify both INIT\/NEXT and SPECIFICATION/],
  ])("%s", async (section, message) => {
    await expect(shelf(section)).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(message),
    });
  });

  test("an override of what only an unrelated module defines", async () => {
    const modules = { Shelf: SHELF, Stray: "---- MODULE Stray ----\nCanPrune == TRUE\n====\n" };
    const cfg = `${SHELF_CFG}CONSTANT CanPrune <- InBounds`;
    await expect(run(modules, cfg)).rejects.toThrow(/sets CanPrune, which no module defines/);
  });

  test("a module that is not there", async () => {
    await expect(shelf("", { module: "Elsewhere" })).rejects.toThrow(/no Elsewhere.tla/);
  });
});
