/**
 * Databases and environments, each once. Many states have the same database and differ only in what
 * workers know: what a call does to it is worked out once, and so is its place in a state's key.
 */

import type { Effect, Outcome, Step } from "./action.js";
import { encodeDb, encodeEnv, type Renaming } from "./encode.js";
import { effect, learned, type ActionTable, type Call } from "./registry.js";
import type { Scope } from "./scope.js";
import type { Db, Env, State } from "./state.js";

/** A number for each text, so many at most as a map holds. */
class Numbers {
  private readonly known = new Map<string, number>();

  of(text: string): number {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    this.known.set(text, this.known.size);
    return this.known.size - 1;
  }
}

/** Each of what it is given once, with what is known of it. */
class Pool<T extends object, Kept extends { readonly one: T }> {
  private readonly encode: (of: T) => string;
  private readonly know: (one: T, code: string) => Kept;
  private readonly byCode = new Map<string, Kept>();
  private readonly byOne = new Map<T, Kept>();

  constructor(encode: (of: T) => string, know: (one: T, code: string) => Kept) {
    this.encode = encode;
    this.know = know;
  }

  keep(of: T): Kept {
    const known = this.byOne.get(of);
    if (known) return known;
    const code = this.encode(of);
    const equal = this.byCode.get(code);
    if (equal) return equal;
    const kept = this.know(of, code);
    this.byCode.set(code, kept);
    this.byOne.set(of, kept);
    return kept;
  }
}

interface KeptDb {
  readonly one: Db;
  /** The same for all that a renaming makes equal. */
  readonly number: number;
  /** The places of the renamings that take it to the one of them whose code is least. */
  readonly least: readonly number[];
}

interface KeptEnv {
  readonly one: Env;
  /** By the place of a renaming, once it was asked for. */
  readonly numbers: (number | undefined)[];
}

/** The states of one machine, and the steps between them. */
export class Shared {
  private readonly scope: Scope;
  private readonly table: ActionTable;
  private readonly renamings: readonly Renaming[];
  private readonly dbs: Pool<Db, KeptDb>;
  private readonly envs: Pool<Env, KeptEnv>;
  private readonly dbNumbers = new Numbers();
  private readonly envNumbers = new Numbers();
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
    this.renamings = renamings;
    this.dbs = new Pool(
      (db) => encodeDb(db, scope),
      (one, code) => this.knownDb(one, code),
    );
    this.envs = new Pool(encodeEnv, (one) => ({ one, numbers: [] }));
  }

  private knownDb(one: Db, code: string): KeptDb {
    let [leastCode, least] = [code, [0]];
    for (let place = 1; place < this.renamings.length; place++) {
      const other = encodeDb(one, this.scope, this.renamings[place]);
      if (other < leastCode) [leastCode, least] = [other, [place]];
      else if (other === leastCode) least.push(place);
    }
    return { one, number: this.dbNumbers.of(leastCode), least };
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
    const { number, least } = this.dbs.keep(db);
    const kept = this.envs.keep(env);
    let ofEnv = Infinity;
    for (const place of least) ofEnv = Math.min(ofEnv, this.envNumber(kept, place));
    return number * MOST + ofEnv;
  }

  private envNumber({ one, numbers }: KeptEnv, place: number): number {
    return (numbers[place] ??= this.envNumbers.of(encodeEnv(one, this.renamings[place])));
  }
}

/** As many as a map holds: there are no more numbers of databases, nor of environments. */
const MOST = 2 ** 24;
