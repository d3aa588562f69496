/** Calls that are no action of the model: how each is made, and what it answers. */

import type { ActionName, Job, Lane, Outcome } from "../../src/core/index.js";
import type { ClaimerTerms, HeldSlot, PassLimits } from "../../src/postgres/answers.js";
import { idOf, tickLength, type Binding } from "../../src/postgres/binding.js";
import {
  cutoffOf,
  now,
  only,
  rescueLimit,
  rescueTwin,
  ringTwin,
  words,
  type Row,
  type Twin,
  type TwinContext,
} from "../../src/postgres/twin.js";
import { twins } from "../../src/postgres/twins.js";
import { twinOf } from "../conform/attempts.js";
import { isFurther, type FurtherName } from "./operations.js";

/** What the lane is called from then on, as in `a:1`. */
const laneName = ({ queue: of, priority }: FurtherArgs["EnsureLane"]): Lane =>
  priority === 0 ? of : `${of}:${priority}`;

type NoArgs = Readonly<Record<string, never>>;

interface JobsArgs {
  readonly jobs: readonly Job[];
}

/** Lanes are of shard 0. */
export interface FurtherArgs {
  EnsureLane: { readonly queue: string; readonly priority: number };
  ClaimFromQueue: { readonly queue: string; readonly n: number };
  Reprioritise: JobsArgs & { readonly priority: number };
  MoveQueue: JobsArgs & { readonly queue: string };
  RescueStaleReceiptsPass: NoArgs;
  RescueExpiredDeadlinesPass: NoArgs;
  RollupTerminalCounts: { readonly slot: number };
  RebuildTerminalCounts: NoArgs;
  AcquireClaimer: { readonly owner: string };
  /** Without a slot the owner holds none. */
  ClaimerClaimed: { readonly owner: string } & Partial<HeldSlot>;
  RingHealth: NoArgs;
}

type Twins = { readonly [N in FurtherName]: Twin<FurtherArgs[N]> };

/** Whatever the cursors say, a pass comes round to every receipt. */
const limits = (c: TwinContext): PassLimits => ({ budget: rescueLimit(c), window: 10_000 });

/** A lane's first row waits for days before the lane gains on others. */
const AGEING = 100 * tickLength;

/** After a tick somebody else may have the slot, and after three it is nobody's. */
const terms: ClaimerTerms = { slots: 2, ttl: 3 * tickLength, idle: tickLength };
const queue = "a";

const answering =
  (read: (rows: readonly Row[], binding: Binding) => Outcome): Twin<object>["answer"] =>
  (rows, _list, binding) => ({ outcomes: [read(rows, binding)], binding });

const ids = ({ jobs }: JobsArgs, b: Binding) => jobs.map((job) => idOf(b, job));

const rebuilding = ringTwin((at, sql) => sql.rebuildTerminalCounts(at));

const further: Twins = {
  EnsureLane: {
    batch: false,
    statement: ([args], _b, { sql }) => sql.ensureLane(args!.queue, args!.priority, 0),
    answer: (rows, [args], b) => {
      const id = Number(only(rows));
      if (b.lanes.has(id)) return { outcomes: [{ result: "found" }], binding: b };
      const name = laneName(args!);
      const laneIds = new Map([...b.laneIds, [name, id]]);
      const lanes = new Map([...b.lanes, [id, name]]);
      return { outcomes: [{ result: "created" }], binding: { ...b, laneIds, lanes } };
    },
  },
  ClaimFromQueue: {
    batch: false,
    statement: ([args], b, { sql }) =>
      sql.claimFromQueue(args!.queue, args!.n, null, AGEING, now(b)),
    answer: (rows, _list, b) => twins.Claim.answer(rows, [], b),
  },
  Reprioritise: {
    batch: false,
    statement: ([args], b, { sql }) => sql.reprioritise(ids(args!, b), args!.priority, now(b)),
    answer: words,
  },
  MoveQueue: {
    batch: false,
    statement: ([args], b, { sql }) => sql.moveQueue(ids(args!, b), args!.queue, now(b)),
    answer: words,
  },
  RescueStaleReceiptsPass: rescueTwin((_args, b, c) =>
    c.sql.rescueStaleReceiptsPass(cutoffOf(b, c.scope), limits(c), now(b)),
  ),
  RescueExpiredDeadlinesPass: rescueTwin((_args, b, c) =>
    c.sql.rescueExpiredDeadlinesPass(limits(c), now(b)),
  ),
  RollupTerminalCounts: {
    batch: false,
    statement: ([args], b, { sql }) => sql.rollupTerminalCounts(args!.slot, now(b)),
    answer: (rows, _list, b) => rebuilding.answer(rows, [], b),
  },
  RebuildTerminalCounts: rebuilding,
  AcquireClaimer: {
    batch: false,
    statement: ([args], b, { sql }) => sql.acquireClaimer({ queue, ...args! }, terms, now(b)),
    answer: answering((rows) => ({ result: (only(rows) as Outcome).result })),
  },
  ClaimerClaimed: {
    batch: false,
    statement: ([args], b, { sql }) => {
      const { owner, slot, epoch } = args!;
      const held = slot === undefined || epoch === undefined ? null : { slot, epoch };
      return sql.claimerClaimed({ queue, owner }, held, terms, now(b));
    },
    answer: answering((rows) => ({ result: only(rows) as string })),
  },
  RingHealth: {
    batch: false,
    statement: (_list, b, { sql, scope }) => sql.ringHealth(cutoffOf(b, scope), now(b)),
    answer: answering((rows) => ({ result: rows.length === 0 ? "free" : "pinned" })),
  },
};

/** Of a call of the model, or of another one. */
export const twinFor = (operation: string): Twin<object> =>
  isFurther(operation)
    ? (further[operation] as Twin<object>)
    : (twinOf(operation as ActionName) as Twin<object>);

export type FurtherCall = {
  [N in FurtherName]: { readonly action: N; readonly args: FurtherArgs[N] };
}[FurtherName];
