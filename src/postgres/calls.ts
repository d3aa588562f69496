/** A call of a function in an installed schema: parameterised SQL and its values. */

import { ids, time, tokenArray, whole } from "./arguments.js";
import { checkSchemaName } from "./schema-name.js";

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What a worker keeps of a claimed job: the attempt's identity, and where its receipt is. */
export interface WorkerToken {
  readonly jobId: string;
  readonly runLease: number;
  readonly claimSlot: number;
  readonly laneId: number;
  /** The last lane_seq of the batch that it was claimed with. */
  readonly receiptSeq: string;
}

export const limitOf = (limit: number): number => whole("limit", limit, 1);

/** How the functions of one schema are called. */
export function callsOf(schema: string) {
  checkSchemaName(schema);
  const s = `"${schema}"`;
  const answers = (text: string, ...values: unknown[]): Statement => ({
    text: `select ${s}.${text} as answer`,
    values,
  });
  /** Of one word for each element: JSON is parsed sooner than arrays of Postgres. */
  const words = (text: string, ...values: unknown[]): Statement => ({
    text: `select pg_catalog.to_json(${s}.${text}) as answer`,
    values,
  });
  const rows = (text: string, ...values: unknown[]): Statement => ({
    text: `select * from ${s}.${text}`,
    values,
  });
  const onTokens = (name: string) => (tokens: readonly WorkerToken[], now: Date) =>
    words(`${name}($1::${s}.token[], $2)`, tokenArray("tokens", tokens), time("now", now));
  /** With a time for all of them, such as when their jobs come back. */
  const onTokensAt =
    (name: string, what: string) => (tokens: readonly WorkerToken[], at: Date, now: Date) =>
      words(
        `${name}($1::${s}.token[], $2, $3)`,
        tokenArray("tokens", tokens),
        time(what, at),
        time("now", now),
      );
  const onJobs = (name: string) => (jobIds: readonly string[], now: Date) =>
    words(`${name}($1, $2)`, ids("jobIds", jobIds), time("now", now));
  const onRing = (name: string) => (now: Date) => answers(`${name}($1)`, time("now", now));
  return { s, answers, words, rows, onTokens, onTokensAt, onJobs, onRing };
}
