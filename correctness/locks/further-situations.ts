/**
 * In which situations the locks of calls are recorded that are no action of the model. Nothing
 * explores them: they are written down, with what the call answers there.
 */

import { actionNames, NONE, type Call, type Job, type Lane } from "../../src/core/index.js";
import { arenaScope } from "../interleave/scopes.js";
import { callText, formatCalls } from "../report/calls.js";
import type { FurtherCall } from "./further.js";
import type { Operation } from "./operations.js";
import { layoutsFor, saidOf, type Situation } from "./situation.js";

const scope = { ...arenaScope, jobs: ["j1", "j2", "j3", "j4"], enabled: actionNames };

type Step = Call | FurtherCall;

/** The calls that lead to a state, and what one more answers there. */
interface Told {
  readonly way: readonly Step[];
  readonly call: FurtherCall;
  readonly words: string;
  /** Rows of several jobs or lanes are locked, which must not be in the order in which they lie. */
  readonly turned?: true;
}

const enqueue = (lane: Lane, ...batch: Job[]): Call => ({
  action: "Enqueue",
  args: { lane, batch, wait: 0 },
});
const claim = (lane: Lane, deadline = NONE): Call => ({
  action: "Claim",
  args: { lane, n: 1, deadline },
});
const first = (job: Job) => ({ token: { job, lease: 1 } });
const cancel = (job: Job): Call => ({ action: "CancelReady", args: { job } });
const discard = (job: Job): Call => ({ action: "DiscardTerminal", args: { job } });
const park = (job: Job): Call => ({ action: "ParkForCallback", args: first(job) });
const heartbeat = (job: Job): Call => ({ action: "Heartbeat", args: first(job) });
const tick: Call = { action: "PassTime", args: {} };
const turn = (ring: "Queue" | "Claims" | "Leases"): Call => ({ action: `Rotate${ring}`, args: {} });

const prioritise = (priority: number, ...jobs: Job[]): FurtherCall => ({
  action: "Reprioritise",
  args: { jobs, priority },
});
const move = (queue: string, ...jobs: Job[]): FurtherCall => ({
  action: "MoveQueue",
  args: { jobs, queue },
});
const lane = (queue: string, priority: number): FurtherCall => ({
  action: "EnsureLane",
  args: { queue, priority },
});
const fromQueue: FurtherCall = { action: "ClaimFromQueue", args: { queue: "a", n: 2 } };
const rollup = (slot: number): FurtherCall => ({ action: "RollupTerminalCounts", args: { slot } });
const rebuild: FurtherCall = { action: "RebuildTerminalCounts", args: {} };
const acquire = (owner: string): FurtherCall => ({ action: "AcquireClaimer", args: { owner } });
const claimed = (owner: string, slot?: number): FurtherCall => ({
  action: "ClaimerClaimed",
  args: slot === undefined ? { owner } : { owner, slot, epoch: 1 },
});
const health: FurtherCall = { action: "RingHealth", args: {} };

const [inA, inB] = [enqueue("a", "j1"), enqueue("b", "j2")];
const both = [inA, inB];
const twoInA = [enqueue("a", "j1", "j3"), inB];

const lanes: readonly Told[] = [
  { way: [], call: lane("a", 0), words: "found" },
  { way: [], call: lane("c", 0), words: "created" },
  { way: [], call: fromQueue, words: "empty" },
  { way: [inA], call: fromQueue, words: "claimed" },
  { way: [inA, turn("Queue"), enqueue("a", "j3")], call: fromQueue, words: "claimed" },
  {
    way: [enqueue("a", "j1", "j3"), prioritise(1, "j3")],
    call: fromQueue,
    words: "claimed",
    turned: true,
  },
  { way: [], call: prioritise(1, "j1"), words: "notReady" },
  { way: [inA], call: prioritise(0, "j1"), words: "sameLane" },
  { way: [inA], call: prioritise(1, "j1"), words: "moved" },
  { way: both, call: prioritise(2, "j1", "j2"), words: "moved", turned: true },
  {
    way: [lane("b", 1), lane("a", 1), enqueue("a:1", "j1"), enqueue("b:1", "j2")],
    call: prioritise(2, "j1", "j2"),
    words: "moved",
  },
  {
    way: [...both, lane("b", 1), lane("a", 1)],
    call: prioritise(1, "j1", "j2"),
    words: "moved",
    turned: true,
  },
  { way: [inA], call: move("b", "j1"), words: "moved" },
  { way: both, call: move("c", "j1", "j2"), words: "moved", turned: true },
  {
    way: [enqueue("a", "j1", "j3"), prioritise(1, "j3")],
    call: move("b", "j1", "j3"),
    words: "moved",
    turned: true,
  },
];

const stalePass: FurtherCall = { action: "RescueStaleReceiptsPass", args: {} };
const deadlinePass: FurtherCall = { action: "RescueExpiredDeadlinesPass", args: {} };

/** What both passes come to; of the second, all attempts have a deadline. */
const rescues = (call: FurtherCall, deadline?: number): readonly Told[] => {
  const [ofA, ofB] = [claim("a", deadline), claim("b", deadline)];
  return [
    { way: [inA, ofA], call, words: "noop" },
    { way: [...twoInA, ofA, ofB, ofA, tick], call, words: "rescued", turned: true },
  ];
};

const passes: readonly Told[] = [
  { way: [], call: stalePass, words: "noop" },
  ...rescues(stalePass),
  {
    way: [inA, claim("a"), heartbeat("j1"), turn("Claims"), tick],
    call: stalePass,
    words: "rescued",
  },
  {
    way: [...both, claim("b"), turn("Claims"), claim("a"), tick],
    call: stalePass,
    words: "rescued",
  },
  ...rescues(deadlinePass, 1),
];

const ended = [...both, cancel("j1"), cancel("j2")];

const counts: readonly Told[] = [
  { way: [], call: rollup(0), words: "skippedActive queueCurrent" },
  { way: [], call: rollup(2), words: "noop" },
  { way: [], call: rollup(1), words: "noop" },
  { way: [...ended, turn("Queue")], call: rollup(0), words: "rolledUp", turned: true },
  {
    way: [...ended, turn("Queue"), rollup(0), discard("j1"), discard("j2")],
    call: rollup(0),
    words: "rolledUp",
    turned: true,
  },
  { way: [], call: rebuild, words: "rebuilt" },
  { way: ended, call: rebuild, words: "rebuilt", turned: true },
  { way: [...ended, turn("Queue"), rollup(0)], call: rebuild, words: "rebuilt", turned: true },
];

const pair = [acquire("x"), acquire("y")];

const claimers: readonly Told[] = [
  { way: [], call: acquire("x"), words: "acquired" },
  { way: [acquire("x")], call: acquire("x"), words: "kept" },
  { way: [acquire("x")], call: acquire("y"), words: "acquired" },
  { way: pair, call: acquire("z"), words: "full" },
  { way: [...pair, tick], call: acquire("z"), words: "acquired" },
  { way: [...pair, tick, tick, tick], call: acquire("z"), words: "acquired" },
  { way: [], call: claimed("x"), words: "notHeld" },
  { way: [], call: claimed("x", 0), words: "superseded" },
  { way: [acquire("x")], call: claimed("x", 0), words: "fresh" },
  { way: [acquire("x"), tick], call: claimed("x", 0), words: "refreshed" },
];

const waiting = [...both, claim("a"), park("j1"), turn("Queue"), turn("Claims"), turn("Leases")];

const rings: readonly Told[] = [
  { way: [], call: health, words: "free" },
  { way: waiting, call: health, words: "pinned" },
];

/** The jobs of the call in the other order. */
const backwards = ({ args }: FurtherCall): object =>
  "jobs" in args ? { ...args, jobs: [...args.jobs].reverse() } : args;

function* situationsOf(area: string, { way, call, words, turned }: Told): Generator<Situation> {
  const operation = call.action;
  for (const layout of layoutsFor(turned ? 2 : 1)) {
    const list = [layout.reversed ? backwards(call) : call.args];
    const last = saidOf(callText({ action: operation, list }), [words], layout);
    const name = `${area}: ${[...formatCalls(way), last].join(" → ")}`;
    yield { operation, name, scope, way, list, ...layout };
  }
}

const areas = { lanes, passes, counts, claimers, rings };

/** Of these operations, in the order of the list. */
export const furtherSituations = (wanted: readonly Operation[]): readonly Situation[] =>
  Object.entries(areas)
    .flatMap(([area, all]) => all.flatMap((told) => [...situationsOf(area, told)]))
    .filter(({ operation }) => wanted.includes(operation))
    .sort((a, b) => wanted.indexOf(a.operation) - wanted.indexOf(b.operation));
