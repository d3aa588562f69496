import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatValue } from "../../correctness/tlc/trace.js";
import { parseState, parseValue, type Tla } from "../../correctness/tlc/values.js";

const name = fc.stringMatching(/^[a-z][a-zA-Z0-9_]{0,6}$/);
const text = fc.string({ unit: fc.constantFrom(...'aZ0 "\\\n\t,}>]|:@'.split("")), maxLength: 8 });

const value: fc.Arbitrary<Tla> = fc.letrec<{ value: Tla }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(fc.integer(), fc.boolean(), text),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(tie("value"), { maxLength: 4 }).map((set) => ({ set })),
    fc
      .dictionary(name, tie("value"), { minKeys: 1, maxKeys: 4, noNullPrototype: true })
      .map((rec) => ({ rec })),
    fc
      .array(fc.tuple(tie("value"), tie("value")), { minLength: 1, maxLength: 4 })
      .map((fn) => ({ fn })),
  ),
})).value;

describe("values", () => {
  test("printing and parsing lead back to the same value", () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(parseValue(formatValue(one))).toEqual(one);
      }),
    );
  });

  test.each<[string, Tla]>([
    ["<<>>", []],
    ["<< >>", []],
    ["{}", { set: [] }],
    ["-7", -7],
    ["2..4", { set: [2, 3, 4] }],
    ["-1..1", { set: [-1, 0, 1] }],
    ["j1", "j1"],
    ["TRUE", true],
    ["TRUEISH", "TRUEISH"],
    [String.raw`"x\"y\\z -> /\\ "`, String.raw`x"y\z -> /\ `],
    [
      "(j1 :> 0 @@ j2 :> <<1, j1>>)",
      {
        fn: [
          ["j1", 0],
          ["j2", [1, "j1"]],
        ],
      },
    ],
    ["[a |-> {1, 2}, b |-> FALSE]", { rec: { a: { set: [1, 2] }, b: false } }],
  ])("%s", (printed, expected) => {
    expect(parseValue(printed)).toEqual(expected);
  });

  test("a state is its variables", () => {
    expect(parseState("/\\ env = {j1}\n/\\ db = [a |-> 1,\n  b |-> 2]\n")).toEqual({
      env: { set: ["j1"] },
      db: { rec: { a: 1, b: 2 } },
    });
    expect(parseState("x = 3")).toEqual({ x: 3 });
  });

  test.each(["", "{1", "[a -> 1]", "1 2", '"open', "(a :> )"])("refuses %j", (broken) => {
    expect(() => parseValue(broken)).toThrow(/cannot read a TLA\+ value at character/);
  });

  test("reads at least 10 MB a second", () => {
    const row = '[job |-> j1, lease |-> 12, name |-> "abc", at |-> <<1, 2>>, done |-> TRUE]';
    const state = `/\\ db = [ready |-> {${Array(2000).fill(row).join(", ")}}]`;
    parseState(state);
    const rounds = Array.from({ length: 10 }, () => {
      const started = performance.now();
      for (let i = 0; i < 5; i++) parseState(state);
      return (performance.now() - started) / 1000;
    });
    const megabytes = (5 * state.length) / 1e6;
    expect(megabytes / Math.min(...rounds)).toBeGreaterThan(10);
  });
});
