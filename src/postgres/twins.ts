/**
 * The SQL twin of every action: which statement makes the call, and how its rows read as the
 * outcome that the core speaks of. A forgotten twin is a compile error. Where the model's action
 * is about one element and the SQL function takes a batch, a list of calls becomes one statement
 * whose outcome must be that of the calls in turn.
 */

import type { ActionName, ArgsOf, Outcome, Scope, Token } from "../core/index.js";
import { idOf, jobOf, timeOf, tokenOf, withJobs, withTokens, type Binding } from "./binding.js";
import type { Statement, Statements } from "./statements.js";

export interface TwinContext {
  readonly sql: Statements;
  readonly scope: Scope;
}

/** A row as `pg` returns it, or as JSON: ids may be strings or numbers. */
export type Row = Readonly<Record<string, unknown>>;

export interface Answered {
  /** One outcome per call of the list. */
  readonly outcomes: readonly Outcome[];
  readonly binding: Binding;
}

export interface Twin<Args> {
  /** Whether several calls of this action can be one statement. */
  readonly batch: boolean;
  /** `null` for what happens outside the database. */
  readonly statement: (list: readonly Args[], b: Binding, c: TwinContext) => Statement | null;
  readonly answer: (rows: readonly Row[], list: readonly Args[], b: Binding) => Answered;
}

export type Twins = { readonly [N in ActionName]: Twin<ArgsOf<N>> };

const now = (b: Binding): Date => timeOf(b.tick);

/** The value of a statement that returns one. */
const only = (rows: readonly Row[]): unknown => rows[0]!["answer"];

/** Answers of a batch, one word per element. */
const words = (rows: readonly Row[], _list: readonly unknown[], binding: Binding): Answered => ({
  outcomes: (only(rows) as string[]).map((result) => ({ result })),
  binding,
});

/** The JSON outcome of a maintenance operation. */
const report = (rows: readonly Row[], _list: readonly unknown[], binding: Binding): Answered => {
  const outcome = only(rows) as Outcome;
  return { outcomes: [outcome.which ? withModelNames(outcome) : outcome], binding };
};

/** `ready_entries` is `readyEntries` in the model. */
export const modelName = (sqlName: string): string =>
  sqlName.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const withModelNames = (outcome: Outcome): Outcome =>
  ({ ...outcome, which: outcome.which!.map(modelName) }) as Outcome;

const readTokens = (rows: readonly Row[], b: Binding): Token[] =>
  rows.map((r) => ({ job: jobOf(b, r["job_id"] as string), lease: Number(r["run_lease"]) }));

type JobArgs = ArgsOf<"CancelReady">;

const jobTwin = (
  statement: (ids: readonly string[], at: Date, sql: Statements) => Statement,
): Twin<JobArgs> => ({
  batch: true,
  statement: (list, b, { sql }) =>
    statement(
      list.map(({ job }) => idOf(b, job)),
      now(b),
      sql,
    ),
  answer: words,
});

const ringTwin = (
  statement: (at: Date, sql: Statements) => Statement,
): Twin<ArgsOf<"PruneQueue">> => ({
  batch: false,
  statement: (_list, b, { sql }) => statement(now(b), sql),
  answer: report,
});

const Enqueue: Twin<ArgsOf<"Enqueue">> = {
  batch: false,
  statement: ([args], b, { sql }) => {
    const { lane, batch, wait } = args!;
    const payloads = batch.map((job) => ({ job }));
    return sql.enqueue(b.laneIds.get(lane)!, payloads, timeOf(b.tick + wait), now(b));
  },
  answer: (rows, [args], b) => {
    const ids = (only(rows) as (string | number)[]).map(String);
    const binding = withJobs(b, args!.batch, ids);
    const outcome: Outcome =
      ids.length === 0
        ? { result: "empty" }
        : { result: "enqueued", jobs: ids.map((id) => jobOf(binding, id)) };
    return { outcomes: [outcome], binding };
  },
};

/** The job that the payload of a claimed row was enqueued with. */
const bodyOf = (row: Row): string => String((row["payload"] as { job?: unknown } | null)?.job);

const Claim: Twin<ArgsOf<"Claim">> = {
  batch: false,
  statement: ([args], b, { sql }) => sql.claim(b.laneIds.get(args!.lane)!, args!.n, now(b)),
  answer: (rows, _list, b) => {
    if (rows.length === 0) return { outcomes: [{ result: "empty" }], binding: b };
    const issued = rows.map((r) => ({
      jobId: String(r["job_id"]),
      runLease: Number(r["run_lease"]),
      claimSlot: Number(r["claim_slot"]),
      laneId: Number(r["lane_id"]),
      receiptSeq: String(r["receipt_seq"]),
    }));
    const tokens = readTokens(rows, b).map(({ job, lease }, i) => ({
      job: bodyOf(rows[i]!) === job ? job : `${job} with the body of ${bodyOf(rows[i]!)}`,
      lease,
    }));
    return {
      outcomes: [{ result: "claimed", tokens }],
      binding: withTokens(b, issued),
    };
  },
};

const AdvanceClaimCursor: Twin<ArgsOf<"AdvanceClaimCursor">> = {
  batch: false,
  statement: ([args], b, { sql }) => sql.advanceClaimCursor(b.laneIds.get(args!.lane)!, now(b)),
  answer: (rows, _list, binding) => {
    const seq = only(rows);
    const outcome: Outcome =
      seq === null ? { result: "noop" } : { result: "advanced", cursor: Number(seq) };
    return { outcomes: [outcome], binding };
  },
};

const CompleteFast: Twin<ArgsOf<"CompleteFast">> = {
  batch: false,
  statement: ([args], b, { sql }) =>
    sql.completeFast(
      args!.tokens.map((t) => tokenOf(b, t)),
      now(b),
    ),
  answer: (rows, [args], binding) => {
    const each = only(rows) as string[];
    const outcome: Outcome =
      args!.tokens.length === 0 && each.length === 0
        ? { result: "empty" }
        : { result: "answered", each };
    return { outcomes: [outcome], binding };
  },
};

const Retry: Twin<ArgsOf<"Retry">> = {
  batch: true,
  statement: (list, b, { sql }) =>
    sql.retry(
      list.map(({ token }) => tokenOf(b, token)),
      timeOf(b.tick + list[0]!.wait),
      now(b),
    ),
  answer: words,
};

const FailToDlq: Twin<ArgsOf<"FailToDlq">> = {
  batch: true,
  statement: (list, b, { sql }) =>
    sql.failToDlq(
      list.map(({ token }) => tokenOf(b, token)),
      now(b),
    ),
  answer: words,
};

/** More receipts than any run of the model has. */
const rescueLimit = 500;

/** At the cutoff itself lie the claims that are one tick too young. */
const RescueStaleReceipts: Twin<ArgsOf<"RescueStaleReceipts">> = {
  batch: false,
  statement: ([args], b, { sql, scope }) => {
    const cutoff = timeOf(b.tick - scope.staleAfter + 1);
    return sql.rescueStaleReceipts(args!.slot, cutoff, rescueLimit, now(b));
  },
  answer: (rows, _list, binding) => {
    const tokens = readTokens(rows, binding);
    const outcome: Outcome =
      tokens.length === 0 ? { result: "noop" } : { result: "rescued", tokens };
    return { outcomes: [outcome], binding };
  },
};

/** What happens outside the database: only the binding's clock may move. */
const outside = <Args>(result: string, move: (b: Binding) => Binding): Twin<Args> => ({
  batch: false,
  statement: () => null,
  answer: (_rows, _list, b) => ({ outcomes: [{ result }], binding: move(b) }),
});

export const twins: Twins = {
  Enqueue,
  PromoteDeferred: jobTwin((ids, at, sql) => sql.promoteDeferred(ids, at)),
  Claim,
  AdvanceClaimCursor,
  CompleteFast,
  Retry,
  FailToDlq,
  RescueStaleReceipts,
  DiscardTerminal: jobTwin((ids, at, sql) => sql.discardTerminal(ids, at)),
  CancelReady: jobTwin((ids, at, sql) => sql.cancelReady(ids, at)),
  PurgeDlq: jobTwin((ids, at, sql) => sql.purgeDlq(ids, at)),
  RetryFromDlq: jobTwin((ids, at, sql) => sql.retryFromDlq(ids, at)),
  RotateQueue: ringTwin((at, sql) => sql.rotateQueue(at)),
  RotateClaims: ringTwin((at, sql) => sql.rotateClaims(at)),
  PruneQueue: ringTwin((at, sql) => sql.pruneQueue(at)),
  PruneClaims: ringTwin((at, sql) => sql.pruneClaims(at)),
  PassTime: outside("passed", (b) => ({ ...b, tick: b.tick + 1 })),
  ForgetToken: outside("forgotten", (b) => b),
};
