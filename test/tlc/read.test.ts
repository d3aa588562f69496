import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { parseCfg } from "../../correctness/tlc/cfg.js";
import { readDot } from "../../correctness/tlc/dot.js";
import { compareWithManifest, parseManifest } from "../../correctness/tlc/manifest.js";
import { MessageReader, type TlcMessage } from "../../correctness/tlc/messages.js";
import type { TlcResult, TraceStep } from "../../correctness/tlc/outcome.js";
import { formatTrace } from "../../correctness/tlc/trace.js";
import { parseState } from "../../correctness/tlc/values.js";

describe("parseCfg", () => {
  test("reads every section", () => {
    const cfg = parseCfg(String.raw`\* a comment with CONSTANT in it
CONSTANTS Jobs = {j1, j2} (* two
   jobs *) Lanes = {"a", "b * c"}
  Off = {}
  Pair = <<1, 2>> CanPrune <- CanPruneIgnoringOpen
SPECIFICATION Spec
INVARIANTS One Two
  Three
INVARIANT Four
PROPERTY Refines
CONSTRAINT InBounds
ACTION_CONSTRAINT Slowly
SYMMETRY Symmetric
VIEW Seen ALIAS Short
CHECK_DEADLOCK FALSE`);
    expect(cfg).toEqual({
      constants: {
        Jobs: { set: ["j1", "j2"] },
        Lanes: { set: ["a", "b * c"] },
        Off: { set: [] },
        Pair: [1, 2],
      },
      overrides: { CanPrune: "CanPruneIgnoringOpen" },
      specification: "Spec",
      invariants: ["One", "Two", "Three", "Four"],
      properties: ["Refines"],
      constraints: ["InBounds"],
      actionConstraints: ["Slowly"],
      symmetry: "Symmetric",
      view: "Seen",
      alias: "Short",
      checkDeadlock: false,
    });
  });

  test("checks for deadlock unless told otherwise", () => {
    expect(parseCfg("INIT Init\nNEXT Next")).toMatchObject({
      init: "Init",
      next: "Next",
      checkDeadlock: true,
    });
  });

  test.each([
    ["INIT Init\nBLAH x", "a.cfg, line 2: unknown section BLAH"],
    ["CONSTANT A : 3", "a.cfg, line 1: expected = or <- after A, found :"],
    ["CONSTANT\n A = {1, 2", "a.cfg, line 2: expected a closing bracket, found the end"],
    ["CONSTANT\n\n A = {1 2}", "a.cfg, line 3: not a value: { 1 2 }"],
    ["CHECK_DEADLOCK no", "a.cfg, line 1: expected TRUE or FALSE, found no"],
    ["INVARIANT = x", "a.cfg, line 1: expected a name, found ="],
  ])("%j", (text, message) => {
    expect(() => parseCfg(text, "a.cfg")).toThrow(message);
  });
});

describe("readDot", () => {
  const GRAPH = String.raw`strict digraph DiskGraph {
nodesep=0.35;
subgraph cluster_graph {
color="white";
-12 [label="/\\ x = \"a -> b [label=\\\"\"\n/\\ y = 1",style = filled]
-12 -> 34 [label="Claim(j1, 2)",color="black",fontcolor="black"];
34 [label="x = 2",tooltip="x = 2"];
{rank = same; -12;}
}
subgraph cluster_legend {label = "Next State Actions" style="solid"
Claim [label="Claim",fillcolor=2]}}`;

  async function read(text: string, chunk: number) {
    const seen: unknown[] = [];
    const pieces = Array.from({ length: Math.ceil(text.length / chunk) }, (_, i) =>
      Buffer.from(text.slice(i * chunk, (i + 1) * chunk)),
    );
    const summary = await readDot(Readable.from(pieces), {
      onState: (...state) => seen.push(state),
      onEdge: (...edge) => seen.push(edge),
    });
    return { seen, summary };
  }

  test.each([1, 7, 10_000])("in chunks of %i bytes", async (chunk) => {
    const { seen, summary } = await read(GRAPH, chunk);
    expect(seen).toEqual([
      ["-12", '/\\ x = "a -> b [label=\\""\n/\\ y = 1', true],
      ["-12", "34", "Claim"],
      ["34", "x = 2", false],
    ]);
    expect(summary).toEqual({ states: 2, edges: 1, complete: true });
  });

  test("notices a graph that breaks off", async () => {
    const { summary } = await read(GRAPH.slice(0, 250), 100);
    expect(summary.complete).toBe(false);
  });
});

test("TLC's frames nest, and text outside of them is kept", () => {
  const messages: TlcMessage[] = [];
  const reader = new MessageReader((message) => messages.push(message));
  const lines = `Parsing file X
@!@!@STARTMSG 1000:1 @!@!@
It broke
: @!@!@STARTMSG 5006:0 @!@!@
at line 6
@!@!@ENDMSG 5006 @!@!@
@!@!@ENDMSG 1000 @!@!@
@!@!@STARTMSG 2217:4 @!@!@
1: cut off`;
  for (const line of lines.split("\n")) reader.line(line);
  reader.end();
  expect(messages).toEqual([
    { code: undefined, severity: 0, text: "Parsing file X" },
    { code: 5006, severity: 0, text: "at line 6" },
    { code: 1000, severity: 1, text: "It broke\n:" },
    { code: 2217, severity: 4, text: "1: cut off" },
  ]);
});

describe("the manifest", () => {
  const holds = { verdict: "holds", distinct: 12, depth: 5, edges: { Add: 18 } };
  const violated = { verdict: "violated", property: "NeverTwo", kind: "invariant", steps: 2 };
  const entry = (changes: object = {}) => ({
    name: "shelf",
    module: "Shelf",
    cfg: "shelf.cfg",
    tier: "quick",
    symmetric: false,
    about: "Two jobs.",
    expect: holds,
    ...changes,
  });
  const parse = (...configs: object[]) =>
    parseManifest(JSON.stringify({ configs }), "manifest.json");
  const result: TlcResult = {
    verdict: "holds",
    generated: 43,
    distinct: 12,
    depth: 5,
    seconds: 1,
    coverage: {},
    messages: [],
    tlcVersion: "2.18",
  };

  test.each([
    [{ tier: "slow" }, 'configs[0].tier should be quick or full or nightly, found "slow"'],
    [{ name: undefined }, "configs[0].name should be a text, found nothing"],
    [{ symmetric: 1 }, "configs[0].symmetric should be true or false, found 1"],
    [{ expect: { ...holds, depth: -1 } }, "configs[0].expect.depth should be a count, found -1"],
    [{ expect: { ...holds, edges: [] } }, "configs[0].expect.edges should be an object, found []"],
    [{ expect: { ...holds, steps: 1 } }, "configs[0].expect.steps should be only verdict"],
    [{ note: "x" }, "configs[0].note should be only name, module"],
  ])("%j", (changes, message) => {
    expect(() => parse(entry(changes))).toThrow(`manifest.json: ${message}`);
  });

  test("refuses two configs of one name, and what is not JSON", () => {
    expect(() => parse(entry(), entry())).toThrow("two configs are named shelf");
    expect(() => parseManifest("{", "manifest.json")).toThrow("manifest.json is not JSON");
  });

  test("compares in sentences", () => {
    const [first, second] = parse(entry(), entry({ name: "two", expect: violated }));
    const trace: TraceStep[] = Array(4).fill({ action: "Add", state: {} });
    const broken: TlcResult = {
      ...result,
      verdict: "violated",
      violated: { kind: "property", name: "Empties" },
      trace,
    };
    const sentences = (...args: Parameters<typeof compareWithManifest>) =>
      compareWithManifest(...args).map((one) => one.sentence);
    expect(sentences(first!, result, { Add: 18 })).toEqual([]);
    expect(sentences(first!, { ...result, distinct: 13 }, { Add: 17, Take: 1 })).toEqual([
      "distinct states: manifest 12, TLC 13",
      "edges of Add: manifest 18, TLC 17",
      "edges of Take: manifest 0, TLC 1",
    ]);
    expect(sentences(first!, broken)).toEqual([
      "verdict: manifest holds, TLC violated (property Empties)",
    ]);
    expect(sentences(second!, broken)).toEqual([
      "violated: manifest NeverTwo, TLC Empties",
      "kind: manifest invariant, TLC property",
      "steps: manifest 2, TLC 3",
    ]);
  });

  test("compares where a lasso returns to", () => {
    const lasso = { verdict: "violated", property: "Empties", kind: "property", steps: 3, back: 2 };
    const [first, straight] = parse(
      entry({ expect: lasso }),
      entry({ name: "two", expect: { ...lasso, back: undefined } }),
    );
    const found = (lassoTo?: number): TlcResult => ({
      ...result,
      verdict: "violated",
      violated: { kind: "property", name: "Empties" },
      trace: Array<TraceStep>(4).fill({ action: "Add", state: {} }),
      ...(lassoTo === undefined ? {} : { lassoTo, lassoAction: "Add" }),
    });
    const sentences = (...args: Parameters<typeof compareWithManifest>) =>
      compareWithManifest(...args).map((one) => one.sentence);
    expect(sentences(first!, found(2))).toEqual([]);
    expect(sentences(first!, found(4))).toEqual(["back to: manifest 2, TLC 4"]);
    expect(sentences(first!, found())).toEqual(["back to: manifest 2, TLC no state"]);
    expect(sentences(straight!, found(2))).toEqual(["back to: manifest no state, TLC 2"]);
  });
});

test("a trace shows rows, and only what changed", () => {
  const states = [
    `/\\ db = [ready |-> {[job |-> j1, lane |-> "a"]}, rings |-> [queue |-> [cur |-> 0]]]
     /\\ env = [held |-> {}]`,
    `/\\ db = [ready |-> {}, rings |-> [queue |-> [cur |-> 1]]]
     /\\ env = [held |-> {<<j1, 1>>}]`,
    `/\\ db = [ready |-> {}, rings |-> [queue |-> [cur |-> 1]]]
     /\\ env = [held |-> {<<j1, 1>>}]`,
  ];
  const actions = ["Init", "Claim", "Look"];
  const trace = states.map((text, i) => ({ action: actions[i]!, state: parseState(text) }));
  expect(formatTrace(trace, { to: 1, action: "Forget" })).toBe(`  1  Init
      db.ready + [job |-> j1, lane |-> a]
      db.rings = [queue |-> [cur |-> 0]]
  2  Claim
      db.ready - [job |-> j1, lane |-> a]
      db.rings.queue.cur 0 -> 1
      env.held + <<j1, 1>>
  3  Look
      (nothing changes)
     … Forget leads back to 1, for ever`);
});

test("a long row continues below, within 100 columns", () => {
  const row = Array.from({ length: 12 }, (_, i) => `column${i} |-> value${i}`).join(", ");
  const state = parseState(`/\\ db = [r |-> {[${row}]}]`);
  const printed = formatTrace([{ action: "Init", state }]);
  expect(Math.max(...printed.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(printed.replace(/\n\s+/g, " ")).toContain(row);
});
