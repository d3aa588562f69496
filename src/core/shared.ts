/**
 * Databases and environments, each once. Many states have the same database and differ only in what
 * workers know: what a call does to it is worked out once, and so is its place in a state's key.
 */

import type { Effect, Outcome, Step } from "./action.js";
import { encodeDb, encodeEnv, type Renaming } from "./encode.js";
import { effect, learned, type ActionTable, type Call } from "./registry.js";
import type { Scope } from "./scope.js";
import type { Db, Env, State } from "./state.js";

/** One of all that are equal, and its number under each renaming. */
interface Kept<T> {
  readonly one: T;
  readonly numbers: readonly number[];
}

/** Each of what it is given once. */
class Pool<T extends object> {
  private readonly renamings: readonly Renaming[];
  private readonly encode: (of: T, renaming: Renaming) => string;
  private readonly numbers = new Map<string, number>();
  private readonly byNumber = new Map<number, Kept<T>>();
  private readonly byOne = new Map<T, Kept<T>>();

  constructor(renamings: readonly Renaming[], encode: (of: T, renaming: Renaming) => string) {
    this.renamings = renamings;
    this.encode = encode;
  }

  keep(of: T): Kept<T> {
    const known = this.byOne.get(of);
    if (known) return known;
    const number = this.number(of, this.renamings[0]!);
    const equal = this.byNumber.get(number);
    if (equal) return equal;
    const kept = { one: of, numbers: this.renamings.map((renaming) => this.number(of, renaming)) };
    this.byNumber.set(number, kept);
    this.byOne.set(of, kept);
    return kept;
  }

  private number(of: T, renaming: Renaming): number {
    const code = this.encode(of, renaming);
    const known = this.numbers.get(code);
    if (known !== undefined) return known;
    this.numbers.set(code, this.numbers.size);
    return this.numbers.size - 1;
  }
}

/** The states of one machine, and the steps between them. */
export class Shared {
  private readonly scope: Scope;
  private readonly table: ActionTable;
  private readonly dbs: Pool<Db>;
  private readonly envs: Pool<Env>;
  private readonly effects = new Map<Db, Effect[]>();
  private readonly refusals = new Map<string, Outcome>();
  /** Of the calls among all. */
  private readonly places: ReadonlyMap<Call, number>;

  /** States that differ by one of these renamings have the same key; the first one renames none. */
  constructor(
    scope: Scope,
    table: ActionTable,
    calls: readonly Call[],
    renamings: readonly Renaming[],
  ) {
    this.scope = scope;
    this.table = table;
    this.places = new Map(calls.map((call, place) => [call, place]));
    this.dbs = new Pool(renamings, (db, renaming) => encodeDb(db, scope, renaming));
    this.envs = new Pool(renamings, encodeEnv);
  }

  /** The same state object where nothing changes. */
  step(state: State, call: Call): Step {
    const { db, outcome } = this.effect(state.db, call);
    const told = learned(state, call, outcome, this.scope, this.table);
    const env = told === state.env ? told : this.envs.keep(told).one;
    if (db === state.db && env === state.env) return { outcome, state };
    return { outcome, state: { db, env } };
  }

  private effect(db: Db, call: Call): Effect {
    const place = this.places.get(call);
    if (place === undefined) return this.worked(db, call);
    let known = this.effects.get(db);
    if (!known) this.effects.set(db, (known = []));
    return (known[place] ??= this.worked(db, call));
  }

  private worked(db: Db, call: Call): Effect {
    const { db: after, outcome } = effect(db, call, this.scope, this.table);
    if (after !== db) return { db: this.dbs.keep(after).one, outcome };
    return { db, outcome: this.refusal(outcome) };
  }

  /** Most calls on most databases are refused, in few words. */
  private refusal(outcome: Outcome): Outcome {
    const { result, reason, ...more } = outcome;
    if (Object.keys(more).length > 0) return outcome;
    const words = `${result} ${reason}`;
    const known = this.refusals.get(words);
    if (!known) this.refusals.set(words, outcome);
    return known ?? outcome;
  }

  /** Equal for states that are equal up to a renaming; it means something in this process only. */
  key({ db, env }: State): number {
    const [ofDb, ofEnv] = [this.dbs.keep(db).numbers, this.envs.keep(env).numbers];
    let least = Infinity;
    for (let i = 0; i < ofDb.length; i++) least = Math.min(least, ofDb[i]! * ENVS + ofEnv[i]!);
    return least;
  }
}

/** More than there is room for, as are the databases that a number has room for beside them. */
const ENVS = 2 ** 22;
