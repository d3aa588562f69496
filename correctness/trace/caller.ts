/**
 * One of those who call: a session of its own, one call at a time. A call is one transaction, in
 * three steps, between which a caller may be lost: it begins and says which event it is, the
 * operation is called, and it is committed.
 */

import type pg from "pg";
import type { Outcome, Scope } from "../../src/core/index.js";
import type { Statement, Statements } from "../../src/postgres/statements.js";
import type { Row, TwinContext } from "../../src/postgres/twin.js";
import { twinOf } from "../conform/attempts.js";
import { describe } from "../lockstep/calling.js";
import type { RecordedCall } from "./history.js";
import { beginEvent } from "./log.js";
import type { Names } from "./names.js";

/** A call as far as it has come; what nobody knows yet, or ever, is null. */
export interface Made {
  readonly id: number;
  readonly worker: string;
  readonly call: RecordedCall;
  readonly tick: number;
  readonly began: number;
  ended: number | null;
  rows: readonly Row[] | null;
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
    const made = { id, worker, call, tick, began: this.now(), ended: null, rows: null };
    this.made.push(made);
    return made;
  }
}

export interface CallerOptions {
  readonly sql: Statements;
  readonly scope: Scope;
  readonly names: Names;
  readonly calls: Calls;
}

/** Postgres answered a call with an error, where there is nothing to be refused with one. */
export class CallFailed extends Error {
  constructor({ id, worker, call, tick }: Made, cause: unknown) {
    const what = `${call.action} ${JSON.stringify(call.args)}`;
    super(`${worker} called ${what} at tick ${tick} (event ${id}): ${describe(cause)}`, { cause });
  }
}

/** A rescue leaves nothing to the next one. */
const EVERY = 1_000_000;

export class Caller {
  readonly name: string;
  private readonly client: pg.Client;
  private readonly options: CallerOptions;

  constructor(name: string, client: pg.Client, options: CallerOptions) {
    this.name = name;
    this.client = client;
    this.options = options;
  }

  /** Makes a call; what its caller is told, as far as it knows the jobs. */
  async make(call: RecordedCall, tick: number): Promise<Outcome> {
    const { names, calls } = this.options;
    const statement = this.statement(call, tick);
    const made = calls.begin(this.name, call, tick);
    try {
      await this.client.query(beginEvent(made.id));
      const { rows } = await this.client.query<Row>(statement.text, [...statement.values]);
      await this.client.query("commit");
      made.ended = calls.now();
      made.rows = rows;
    } catch (error) {
      throw new CallFailed(made, error);
    }
    names.meet(made.rows);
    const { outcomes, binding } = answered(made, names, "told");
    names.learn(binding);
    return outcomes[0]!;
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
