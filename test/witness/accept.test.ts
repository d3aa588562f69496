/** TLC takes the witnesses step by step, and stops at the first step that is none of the spec. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { replay } from "../../correctness/explore/explorer.js";
import { specDir } from "../../correctness/explore/scope.js";
import { acceptedByTlc } from "../../correctness/witness/accept.js";
import { witnessOf, type Witness } from "../../correctness/witness/generate.js";
import { rejectedLines } from "../../correctness/witness/section.js";
import { shapes } from "../../correctness/witness/shapes.js";
import { actionNames, calls, storageMachine, type Call, type State } from "../../src/core/index.js";
import { temporary } from "../tlc/fixture.js";

const context = { progress: () => undefined, signal: new AbortController().signal };
const witnesses = (await Promise.all(shapes.map((s) => witnessOf(s)))).map((w) => w!);
const rescue = witnesses.find((w) => w.name === "receipt-rescue")!;

/** The witness under another name, with one step that is recorded otherwise. */
const recorded = (name: string, step: number, change: (s: State) => State): Witness => {
  const { call, outcome, state } = rescue.trace[step]!;
  const trace = rescue.trace.with(step, { call, outcome, state: change(state) });
  return { ...rescue, name, trace };
};

/** The witness under another name, with another call, and with what the core does then. */
const called = (name: string, step: number, call: Call): Witness => {
  const path = rescue.trace.slice(1).map((t) => t.call!);
  const machine = storageMachine(rescue.scope);
  const own = replay(path.with(step - 1, call), machine).slice(0, step + 1);
  return { ...rescue, name, trace: [...own, ...rescue.trace.slice(step + 1)] };
};

/** The witness under another name, whose call at this step is said to be another one. */
const labelled = (name: string, step: number, call: Call): Witness => {
  const trace = rescue.trace.with(step, { ...rescue.trace[step]!, call });
  return { ...rescue, name, trace };
};

const token = (lease: number) => ({ job: "j1", lease });
const open = (state: State): State => ({
  ...state,
  db: { ...state.db, leaseClaimClosures: [] },
});
const unheld = (state: State): State => ({ ...state, env: { ...state.env, held: [] } });

const broken: readonly (readonly [Witness, number, RegExp])[] = [
  [
    recorded("rescue leaves the receipt open", 4, open),
    4,
    /rejects step 4, RescueStaleReceipts\(0\)\n.*elsewhere.*\n {2}- leaseClaimClosures .*rescued$/,
  ],
  [
    recorded("nobody holds the token", 2, unheld),
    2,
    /rejects step 2, Claim\(a, 1, 99\)\n.*elsewhere.*\n {2}env.held: \[.*\] → \[\]$/,
  ],
  [
    recorded("it begins with the token that it ends with", 0, () => rescue.trace.at(-1)!.state),
    0,
    /rejects step 0, the initial state\n.*elsewhere/,
  ],
  [
    recorded("the last step completes nothing", 7, () => rescue.trace.at(-2)!.state),
    7,
    /rejects step 7, CompleteFast\(j1\/2\)\n.*elsewhere.*\n {2}- receiptCompletionBatches/,
  ],
  [
    labelled("a failure that completes", 7, { action: "Fail", args: { token: token(2) } }),
    7,
    /rejects step 7, Fail\(j1\/2\)\n.*elsewhere/,
  ],
  [
    labelled("another slot is rescued", 4, { action: "RescueStaleReceipts", args: { slot: 1 } }),
    4,
    /rejects step 4, RescueStaleReceipts\(1\)\nin the spec it is not enabled here$/,
  ],
  [
    labelled("time passes for nobody", 1, { action: "PassTime", args: {} }),
    1,
    /rejects step 1, PassTime\nin the spec it is not enabled here$/,
  ],
  [
    called("rescue of an attempt that is not stale", 3, {
      action: "RescueStaleReceipts",
      args: { slot: 0 },
    }),
    3,
    /rejects step 3, RescueStaleReceipts\(0\)\nin the spec it is not enabled here$/,
  ],
  [
    called("a deadline that the configuration does not have", 2, {
      action: "Claim",
      args: { lane: "a", n: 1, deadline: 98 },
    }),
    2,
    /rejects step 2, Claim\(a, 1, 98\)\nin the spec it is not enabled here$/,
  ],
  [
    labelled("an action that the configuration does not have", 7, {
      action: "Complete",
      args: { tokens: [token(2)] },
    }),
    7,
    /rejects step 7, Complete\(j1\/2\)\nin the spec it is not enabled here$/,
  ],
];

test("every witness is accepted, and each broken one rejected at its step", async () => {
  const dir = await temporary();
  vi.stubEnv("TMPDIR", dir);
  onTestFinished(() => void vi.unstubAllEnvs());
  const all = [...witnesses, ...broken.map(([witness]) => witness)];
  const judged = await acceptedByTlc(all, context);
  for (const { name } of witnesses) expect([name, judged.get(name)]).toEqual([name, null]);
  for (const [witness, step, message] of broken) {
    const rejected = judged.get(witness.name);
    expect([witness.name, rejected?.step]).toEqual([witness.name, step]);
    expect(rejectedLines(witness, rejected!).join("\n")).toMatch(message);
  }
  expect(readdirSync(dir)).toEqual([]);
});

test("the core's calls have the spec's parameters, in its order", () => {
  const spec = readFileSync(join(specDir(), "SegmentedStorage.tla"), "utf8");
  const short: Readonly<Record<string, string>> = { token: "k", tokens: "ks" };
  const enabled = calls({ ...rescue.scope, enabled: actionNames });
  for (const action of actionNames) {
    const { args } = enabled.find((c) => c.action === action)!;
    const parameters = Object.keys(args).map((key) => short[key] ?? key);
    const head = parameters.length === 0 ? action : `${action}(${parameters.join(", ")})`;
    expect(spec).toContain(`\n${head} ==\n`);
  }
});
