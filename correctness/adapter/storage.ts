/**
 * What a queue in Postgres offers to be checked: its operations, by the names of the contract. All
 * it keeps is in one schema, all its calls go through the connection they are given, and what time
 * it is it is told. It has the operations that it has; the others are not called.
 */

import type pg from "pg";
import { UserError } from "../../src/errors.js";
import type {
  ArgsOf,
  Job,
  JobState,
  Lane,
  Limits,
  Operation,
  OperationName,
  Outcome,
  ResultOf,
} from "../../src/memory/index.js";

/** The operations of the contract that somebody calls; time passes by itself. */
export type CallName = Exclude<OperationName, "PassTime" | "ForgetToken" | "Forget">;

/** Where a storage is, and what time it is there. */
export interface Situation {
  /**
   * A connection for as long as the call takes. What it sends is a step of its own in
   * `interleave`: a call is looked into at its queries, as promises, one after the other.
   */
  readonly client: Pick<pg.ClientBase, "query">;
  /** Of lower-case letters, digits and underscores, so that it needs no quotes. */
  readonly schema: string;
  /** What the clock of the caller says. */
  readonly now: Date;
  /** So many ticks from now, or before it where they are below 0. */
  readonly after: (ticks: number) => Date;
}

/** Where a storage is. */
export type Place = Pick<Situation, "client" | "schema">;

export type CallOf<N extends CallName> = Situation & { readonly args: ArgsOf<N> };

/** What the view of a storage shows of a job that it has. */
export interface JobShown {
  readonly job: Job;
  readonly state: Exclude<JobState, "absent" | "removed">;
  /** How often it was handed out. */
  readonly lease: number;
}

export interface StorageUnderTest {
  /** As reports name it. */
  readonly name: string;
  /** When silence, waits and attempts are over, in ticks: what is not said is as by default. */
  readonly limits?: Partial<Limits>;
  /** How many slots its rescues can be asked to look at; one unless said. */
  readonly slots?: number;
  /** Makes all it needs in an empty schema, for jobs of these lanes. */
  install(place: Place, lanes: readonly Lane[]): Promise<void>;
  /**
   * Makes one call and says what its caller is told; what it throws is a violation. Jobs are named
   * by whoever enqueues them, each once, and a token is a job's name and its count of attempts.
   */
  readonly operations: {
    readonly [N in CallName]?: (call: CallOf<N>) => Promise<Outcome<ResultOf<N>>>;
  };
  /** Every job that there is. One that has ended may be gone. */
  view(situation: Situation): Promise<readonly JobShown[]>;
}

/** Every state and call; random runs; calls that meet, query by query; workers all at once. */
export type CheckName = "conform" | "lockstep" | "interleave" | "trace";
export const checkNames: readonly CheckName[] = ["conform", "lockstep", "interleave", "trace"];

const defaults: Limits = { staleAfter: 2, callbackWait: 2, maxAttempts: 2, failedFloor: 0 };

export const limitsOf = ({ limits }: StorageUnderTest): Limits => ({ ...defaults, ...limits });

export const offers = ({ operations }: StorageUnderTest, name: OperationName): boolean =>
  name === "PassTime" || Object.hasOwn(operations, name);

/** A tick, and the time that it is at the first one. */
const TICK_MS = 60_000;
const BEGINNING = Date.UTC(2030, 0, 1);

const dateAt = (tick: number): Date => new Date(BEGINNING + tick * TICK_MS);

/** The situation on this connection at this tick. */
export const situation = (
  client: Situation["client"],
  schema: string,
  tick: number,
): Situation => ({
  client,
  schema,
  now: dateAt(tick),
  after: (ticks) => dateAt(tick + ticks),
});

/** What it shows of its jobs, where nothing is wrong with that. */
export async function shownBy(
  storage: StorageUnderTest,
  at: Situation,
): Promise<readonly JobShown[]> {
  try {
    return await storage.view(at);
  } catch (cause) {
    const message = `The view of ${storage.name} raises an error: ${(cause as Error).message}.`;
    throw new UserError(message, "It shows every job that there is, at any time.", { cause });
  }
}

/** Makes the call; a storage that answers with anything but an outcome is told so. */
export async function make(
  { name, operations }: StorageUnderTest,
  { action, args }: Operation,
  at: Situation,
): Promise<Outcome> {
  const operation = operations[action as CallName] as
    ((call: Situation & { readonly args: unknown }) => Promise<Outcome>) | undefined;
  if (!operation) throw new TypeError(`${name} has no ${action}`);
  const outcome = await operation({ ...at, args });
  if (typeof outcome?.result === "string") return outcome;
  throw new TypeError(`${action} gave ${JSON.stringify(outcome)}, which has no result`);
}
