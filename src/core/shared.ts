/**
 * Databases and environments, each once. Many states have the same database and differ only in what
 * workers know: what a call does to it is worked out once, and so is its place in a state's key.
 */

import type { Effect, Outcome, Step } from "./action.js";
import { JobCodes } from "./by-job.js";
import { encodeDb, encodeEnv } from "./encode.js";
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
  private readonly know: (one: T, number: number) => Kept;
  private readonly byCode = new Map<string, Kept>();
  private readonly byOne = new Map<T, Kept>();

  constructor(encode: (of: T) => string, know: (one: T, number: number) => Kept) {
    this.encode = encode;
    this.know = know;
  }

  keep(of: T): Kept {
    const known = this.byOne.get(of);
    if (known) return known;
    const code = this.encode(of);
    const equal = this.byCode.get(code);
    if (equal) return equal;
    const kept = this.know(of, this.byCode.size);
    this.byCode.set(code, kept);
    this.byOne.set(of, kept);
    return kept;
  }
}

interface KeptDb {
  readonly one: Db;
  /** Under symmetry, the same for all that are equal up to a renaming. */
  readonly number: number;
  /** Under symmetry, the places of jobs; those of which the same is said stand together. */
  readonly alike: readonly (readonly number[])[];
}

interface KeptEnv {
  readonly one: Env;
  readonly number: number;
  /** Under symmetry, what is said of each job. */
  readonly ofJobs: readonly string[];
}

/** The states of one machine, and the steps between them. */
export class Shared {
  private readonly scope: Scope;
  private readonly table: ActionTable;
  private readonly dbs: Pool<Db, KeptDb>;
  private readonly envs: Pool<Env, KeptEnv>;
  /** Under symmetry. */
  private readonly codes: JobCodes | null;
  private readonly numbers = { dbs: new Numbers(), envs: new Numbers() };
  private readonly effects = new Map<Db, Effect[]>();
  private readonly refusals = new Map<string, Outcome>();
  /** Of the calls among all. */
  private readonly places: ReadonlyMap<Call, number>;

  /** If it is symmetric, states that differ by a renaming of jobs have the same key. */
  constructor(scope: Scope, table: ActionTable, calls: readonly Call[], symmetric: boolean) {
    this.scope = scope;
    this.table = table;
    this.places = new Map(calls.map((call, place) => [call, place]));
    this.codes = symmetric ? new JobCodes(scope) : null;
    this.dbs = new Pool(
      (db) => encodeDb(db, scope),
      (one, number) => this.knownDb(one, number),
    );
    this.envs = new Pool(encodeEnv, (one, number) => {
      return { one, number, ofJobs: this.codes?.ofEnv(one) ?? [] };
    });
  }

  private knownDb(one: Db, number: number): KeptDb {
    if (!this.codes) return { one, number, alike: [] };
    const { common, ofJobs } = this.codes.ofDb(one);
    const places = [...ofJobs.keys()].sort((a, b) => (ofJobs[a]! < ofJobs[b]! ? -1 : 1));
    const alike: number[][] = [];
    for (const place of places) {
      const last = alike.at(-1);
      if (last && ofJobs[last[0]!] === ofJobs[place]) last.push(place);
      else alike.push([place]);
    }
    const code = common + inOrder(ofJobs, alike);
    return { one, number: this.numbers.dbs.of(code), alike };
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

  /** It means something in this process only. */
  key({ db, env }: State): number {
    const { number, alike } = this.dbs.keep(db);
    const kept = this.envs.keep(env);
    const ofEnv = this.codes ? this.numbers.envs.of(inOrder(kept.ofJobs, alike)) : kept.number;
    return number * MOST + ofEnv;
  }
}

/** What is said of the jobs, in an order that has nothing to do with their names. */
function inOrder(ofJobs: readonly string[], alike: KeptDb["alike"]): string {
  let code = "";
  for (const places of alike)
    code +=
      places.length === 1
        ? ofJobs[places[0]!]!
        : places
            .map((p) => ofJobs[p]!)
            .sort()
            .join("");
  return code;
}

/** As many as a map holds: there are no more numbers of databases, nor of environments. */
const MOST = 2 ** 24;
