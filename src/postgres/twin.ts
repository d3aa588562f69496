/** What a twin of an action is, and the shapes that most of them have. */

import { byName, type ArgsOf, type Outcome, type Scope, type Token } from "../core/index.js";
import { idOf, jobOf, timeOf, tokenOf, type Binding } from "./binding.js";
import type { Statement, Statements, WorkerToken } from "./statements.js";

export interface TwinContext {
  readonly sql: Statements;
  readonly scope: Scope;
  /** Of a rescue: how many attempts it may end. As many as there may be, unless given. */
  readonly limit?: number;
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

export const now = (b: Binding): Date => timeOf(b.tick);

/** The value of a statement that returns one. */
export const only = (rows: readonly Row[]): unknown => rows[0]!["answer"];

/** Answers of a batch, one word per element. */
export const words = (
  rows: readonly Row[],
  _list: readonly unknown[],
  binding: Binding,
): Answered => ({
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

export const readTokens = (rows: readonly Row[], b: Binding): Token[] =>
  rows.map((r) => ({ job: jobOf(b, r["job_id"] as string), lease: Number(r["run_lease"]) }));

type JobArgs = ArgsOf<"CancelReady">;

export const jobTwin = (
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

export const ringTwin = (
  statement: (at: Date, sql: Statements, scope: Scope) => Statement,
): Twin<ArgsOf<"PruneQueue">> => ({
  batch: false,
  statement: (_list, b, { sql, scope }) => statement(now(b), sql, scope),
  answer: report,
});

type OnTokens = (list: readonly WorkerToken[], at: Date) => Statement;

export const completionTwin = (of: (sql: Statements) => OnTokens): Twin<ArgsOf<"Complete">> => ({
  batch: false,
  statement: ([args], b, { sql }) =>
    of(sql)(
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
});

/** An action on one token, whose SQL function takes a batch of them. */
export const tokenTwin = <Args extends ArgsOf<"Fail">>(
  statement: (
    tokens: readonly WorkerToken[],
    list: readonly Args[],
    b: Binding,
    c: TwinContext,
  ) => Statement,
): Twin<Args> => ({
  batch: true,
  statement: (list, b, c) =>
    statement(
      list.map(({ token }) => tokenOf(b, token)),
      list,
      b,
      c,
    ),
  answer: words,
});

/** The calls of one statement have one wait. */
export const dueOf = (list: readonly { readonly wait: number }[], b: Binding): Date =>
  timeOf(b.tick + list[0]!.wait);

export const rescueLimit = ({ scope, limit = scope.jobs.length }: TwinContext): number => limit;

/** At the cutoff itself lie the attempts that are one tick too young. */
export const cutoffOf = (b: Binding, { staleAfter }: Scope): Date =>
  timeOf(b.tick - staleAfter + 1);

export const rescueTwin = <Args>(
  statement: (args: Args, b: Binding, c: TwinContext) => Statement,
): Twin<Args> => ({
  batch: false,
  statement: ([args], b, c) => statement(args!, b, c),
  answer: (rows, _list, binding) => {
    const tokens = byName(readTokens(rows, binding));
    const outcome: Outcome =
      tokens.length === 0 ? { result: "noop" } : { result: "rescued", tokens };
    return { outcomes: [outcome], binding };
  },
});

/** What happens outside the database: only the binding's clock may move. */
export const outside = <Args>(result: string, move: (b: Binding) => Binding): Twin<Args> => ({
  batch: false,
  statement: () => null,
  answer: (_rows, _list, b) => ({ outcomes: [{ result }], binding: move(b) }),
});
