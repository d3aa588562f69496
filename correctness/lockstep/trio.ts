/**
 * Contract, core and Postgres walked through the same calls. After every step the core and
 * Postgres have given the same answers and hold the same rows, the contract allows the answers,
 * and the contract and the public view of Postgres see every job in the same place.
 */

import {
  actions,
  initialState,
  type ActionTable,
  type Outcome,
  type Scope,
  type State,
} from "../../src/core/index.js";
import { initial, type ContractState } from "../../src/memory/index.js";
import { expect, type Attempt } from "../conform/attempts.js";
import { resolve } from "./calls.js";
import type { Choice } from "./choices.js";
import { compare, type BadStep } from "./compare.js";
import type { Database } from "./database.js";
import { otherCall } from "./other-calls.js";
import { presenceOf } from "./presence.js";
import type { Manner } from "./seen.js";
import { refusedOf, upkeepOf } from "./upkeep.js";

export interface Walk {
  /** All attempts that were made, the bad one last. */
  readonly trace: readonly Attempt[];
  /** How many choices were looked at, up to the bad step. */
  readonly used: number;
  readonly bad: BadStep | null;
}

export interface WalkOptions {
  readonly scope: Scope;
  readonly table?: ActionTable;
  readonly signal?: AbortSignal | undefined;
  /** Health is asked for after one of so many steps, and at the end. */
  readonly asked?: number;
  /** Called after every step on which the three agree; `beside` names what else there was. */
  readonly passed?: (
    attempt: Attempt,
    outcomes: readonly Outcome[],
    beside: readonly string[],
  ) => void;
}

/** The rows are audited every so many steps, and at the end. */
const AUDITED = 250;

/** It costs as much as a step. */
const ASKED = 16;

export interface Made {
  /** What the core says. */
  readonly outcomes: readonly Outcome[];
  readonly bad: BadStep | null;
}

/** The three at one point of a run. */
export class Trio {
  private readonly database: Database;
  private readonly scope: Scope;
  private readonly table: ActionTable;
  private core: State;
  private contract: ContractState;

  constructor(database: Database, scope: Scope, table: ActionTable = actions) {
    this.database = database;
    this.scope = scope;
    this.table = table;
    this.core = initialState(scope);
    this.contract = initial(scope);
  }

  /** What the core says of the point that is reached. */
  get state(): State {
    return this.core;
  }

  /** Makes the attempt in all three; `bad` where they are no longer one, or were not before. */
  async take(attempt: Attempt, manner: Manner = {}, faults: readonly string[] = []): Promise<Made> {
    const { database, core, contract, scope, table } = this;
    const expected = expect(core, attempt, scope, table);
    const made = await database.make(attempt, expected.outcomes, manner);
    const seen = { ...made, faults: [...faults, ...made.faults] };
    const compared = compare(contract, attempt, expected, seen, scope);
    this.core = expected.state;
    this.contract = compared.contract;
    return { outcomes: expected.outcomes, bad: compared.bad };
  }
}

/** Walks the three through one run, up to the first bad step. */
export async function walk(
  database: Database,
  choices: readonly Choice[],
  { scope, table, signal, asked: every = ASKED, passed }: WalkOptions,
): Promise<Walk> {
  const trace: Attempt[] = [];
  const beside: string[] = [];
  const trio = new Trio(database, scope, table);
  let faults = await database.reset();
  for (const [i, choice] of choices.entries()) {
    signal?.throwIfAborted();
    const { db } = trio.state;
    const resolved = resolve(choice, trio.state, scope);
    if (!resolved) continue;
    const by = otherCall(choice, resolved, () => database.at(db), scope);
    const attempt = by?.attempt ?? resolved;
    trace.push(attempt);
    const note = (text: string) => beside.push(`step ${trace.length}: ${text}`);
    const due = upkeepOf(choice, scope) ?? refusedOf(choice);
    const kept = due && (await database.keepUp(due));
    if (due) note(`${due.text} before it: ${kept!.said}`);
    if (kept?.right === false) faults = [...faults, ...beside.slice(-1)];
    if (choice.where % every === 0 || (by?.portions && !by.busy)) {
      await database.scatter();
      note("rows scattered before it");
    }
    if (by) note(by.text);
    const presence = presenceOf(choice, db, scope, database.schema);
    if (presence) note(presence.text);
    const last = i === choices.length - 1;
    const audited = last || trace.length % AUDITED === 0;
    const asked = last || (choice.where + choice.wait) % every === 0;
    const { outcomes, bad } = await trio.take(attempt, { audited, asked, by, presence }, faults);
    if (bad) return { trace, used: i + 1, bad: { ...bad, beside } };
    const names = [due && `${due.name} ${kept!.said}`, by?.name, presence?.name];
    passed?.(
      attempt,
      outcomes,
      names.filter((name) => typeof name === "string"),
    );
  }
  return { trace, used: choices.length, bad: null };
}
