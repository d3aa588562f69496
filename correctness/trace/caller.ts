/**
 * One of those who call: a session of its own, one call at a time. When a call is lost, it goes on
 * with a new session and does not know what became of it.
 */

import type { Outcome, Scope } from "../../src/core/index.js";
import type { Statement, Statements } from "../../src/postgres/statements.js";
import type { Row, TwinContext } from "../../src/postgres/twin.js";
import { twinOf } from "../conform/attempts.js";
import { describe } from "../lockstep/calling.js";
import type { RecordedCall } from "./history.js";
import type { Meant } from "./faults.js";
import type { Names } from "./names.js";
import { markEvent } from "./log.js";
import { LostCalls } from "./lost-calls.js";
import { Lost, Session, type Surroundings } from "./session.js";

/** A call as far as it has come; what nobody knows yet, or ever, is null. */
export interface Made {
  readonly id: number;
  readonly worker: string;
  readonly call: RecordedCall;
  readonly tick: number;
  readonly began: number;
  ended: number | null;
  rows: readonly Row[] | null;
  fault: string | null;
  gone: number | null;
}

/** Everything that was called, by all, in the order in which it began. */
export class Calls {
  readonly made: Made[] = [];
  private instant = 0;

  /** Of one clock for all: later calls are later numbers. */
  now(): number {
    return this.instant++;
  }

  begin(worker: string, call: RecordedCall, tick: number): Made {
    const id = this.made.length;
    const unknown = { ended: null, rows: null, fault: null, gone: null };
    const made = { id, worker, call, tick, began: this.now(), ...unknown };
    this.made.push(made);
    return made;
  }
}

export interface CallerOptions {
  readonly sql: Statements;
  readonly schema: string;
  readonly scope: Scope;
  readonly names: Names;
  readonly calls: Calls;
  readonly around: Surroundings;
}

/** Postgres answered a call with an error, where there is nothing to be refused with one. */
export class CallFailed extends Error {
  readonly made: Made;

  constructor(made: Made, cause: unknown) {
    const { id, worker, call, tick } = made;
    const what = `${call.action} ${JSON.stringify(call.args)}`;
    super(`${worker} called ${what} at tick ${tick} (event ${id}): ${describe(cause)}`, { cause });
    this.made = made;
  }
}

/** A rescue leaves nothing to the next one. */
const EVERY = 1_000_000;

export class Caller {
  readonly name: string;
  private readonly options: CallerOptions;
  private session: Session;
  private readonly lost = new LostCalls<Made>();

  private constructor(name: string, session: Session, options: CallerOptions) {
    this.name = name;
    this.session = session;
    this.options = options;
  }

  static async open(name: string, options: CallerOptions): Promise<Caller> {
    return new Caller(name, await Session.open(options.around), options);
  }

  /** Makes a call; what its caller is told, as far as it knows the jobs, or null if it is lost. */
  async make(
    call: RecordedCall,
    tick: number,
    meant: Meant | null = null,
  ): Promise<Outcome | null> {
    const { names, calls, schema } = this.options;
    await this.lookAfter();
    const statement = this.statement(call, tick);
    const made = calls.begin(this.name, call, tick);
    try {
      made.rows = (await this.session.call(statement, meant, markEvent(schema, made.id))).rows;
      made.ended = calls.now();
    } catch (error) {
      if (!(error instanceof Lost)) throw new CallFailed(made, error);
      made.fault = error.message;
      this.lost.add(made, error.session);
      this.session = await Session.open(this.options.around);
      return null;
    }
    names.meet(made.rows);
    const { outcomes, binding } = answered(made, names, "told");
    names.learn(binding);
    return outcomes[0]!;
  }

  /** Sees whether lost calls have come to an end. */
  async lookAfter(): Promise<void> {
    const { calls, around } = this.options;
    while (this.session.isStale) this.session = await Session.open(around);
    for (const made of await this.lost.ended(this.session)) made.gone = calls.now();
  }

  close(): Promise<void> {
    return this.session.end();
  }

  private statement(call: RecordedCall, tick: number): Statement {
    const { sql, scope, names } = this.options;
    const keyed = call.action === "Enqueue" ? keysIn(call.args, scope, names) : scope;
    const context: TwinContext = { sql, scope: keyed, limit: EVERY };
    return twinOf(call.action).statement([call.args], names.binding(tick), context)!;
  }
}

type EnqueueArgs = Extract<RecordedCall, { action: "Enqueue" }>["args"];

/** The names of keys that jobs may carry. */
export const keyNames = ["k1", "k2", "k3", "k4", "k5"] as const;

/** The scope in which the jobs of a batch carry their keys. */
function keysIn({ batch, keys = [] }: EnqueueArgs, scope: Scope, names: Names): Scope {
  names.give(batch, keys);
  return { ...scope, sameKey: keyNames.map((key) => batch.filter((_, i) => keys[i] === key)) };
}

/** What the rows of an answered call say, to those who were told or to who has read the log. */
export function answered({ call, tick, rows }: Made, names: Names, by: "told" | "logged") {
  const binding = { ...names.reading(rows ?? [], by), tick };
  return twinOf(call.action).answer(rows ?? [], [call.args], binding);
}
