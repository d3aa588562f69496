/**
 * C3 for a focused module: every call on every reachable state of its machine, enabled or not, and
 * on each database the calls that no well-behaved caller makes. A state is reached by the calls
 * that lead to it, breadth first, in a transaction that is rolled back.
 */

import { isDeepStrictEqual } from "node:util";
import type pg from "pg";
import {
  canonical,
  wordsOf,
  type Constants,
  type Machine,
  type MachineStep,
  type NamedCall,
  type Plain,
} from "../../src/core/index.js";
import type { AnyTwin, At, StrangeCall } from "../../src/postgres/focused-twins.js";
import { inline } from "../../src/postgres/inline.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { isOfPostgres } from "../../src/postgres/pg-error.js";
import { requalify } from "../../src/postgres/requalify.js";
import { statements, type Statements } from "../../src/postgres/statements.js";
import type { Row } from "../../src/postgres/twin.js";
import { explore, pathTo, type Graph } from "../explore/explorer.js";
import { plainChanges } from "../explore/plain.js";
import { installHarness } from "./conform.js";
import { errorText } from "./divergence.js";
import { count, type Tally } from "./tally.js";

export type FocusedMachine = Machine<object, NamedCall>;

export interface FocusedOptions {
  readonly schema: string;
  readonly module: string;
  readonly machine: FocusedMachine;
  readonly constants: Constants;
  readonly twin: AnyTwin;
  readonly tally: Tally;
  /** Which states to visit, by their numbers in breadth-first order; all unless given. */
  readonly wanted?: (index: number) => boolean;
  readonly onState?: (index: number, states: number) => void;
  readonly goOn?: () => boolean;
  /** SQL that is run once the schema is installed, written for the schema `ringproof`. */
  readonly amend?: string;
}

/** A difference between the machine and Postgres. */
export interface FocusedDivergence {
  readonly index: number;
  readonly path: readonly NamedCall[];
  /** `null` where the rows differ before any call was made. */
  readonly attempt: StrangeCall<object> | null;
  readonly expected: MachineStep<object>;
  readonly answer: string;
  /** Variables of the state, as the machine has them and as Postgres has them. */
  readonly changes: readonly string[];
}

/** A state on Postgres: where it is, and the text of the calls that lead to it. */
interface Place extends At<object> {
  readonly index: number;
  readonly way: readonly string[];
}

export class FocusedWalker {
  readonly graph: Graph<object, NamedCall>;
  private readonly client: pg.Client;
  private readonly options: FocusedOptions;
  private readonly sql: Statements;

  constructor(client: pg.Client, options: FocusedOptions) {
    this.client = client;
    this.options = options;
    const { machine, twin } = options;
    const possible = (state: object, call: NamedCall): boolean =>
      twin.possible?.(state, call) ?? machine.possible(state, call);
    this.graph = explore({ ...machine, possible }, { properties: [] });
    this.sql = statements(options.schema);
  }

  /** Installs the schema afresh. */
  async prepare(): Promise<void> {
    const { schema, amend, twin, constants } = this.options;
    const slots = { queueSlots: 2, claimSlots: 2, leaseSlots: 2, ...twin.start?.slots(constants) };
    await uninstall(this.client, { schema });
    await install(this.client, { schema, ...slots });
    if (amend) await this.client.query(requalify(amend, schema));
    await installHarness(this.client, schema);
    for (const { text, values } of twin.start?.statements({ sql: this.sql, constants }) ?? [])
      await this.client.query(text, [...values]);
    await this.client.query(`prepare "${this.look}" as ${twin.rows(schema)}`);
  }

  /** Visits the states breadth first, or so many: the first divergence has the shortest trace. */
  async walk(most = Infinity): Promise<FocusedDivergence | null> {
    const { wanted = () => true, goOn = () => true, onState, tally } = this.options;
    const { states } = this.graph;
    const places: Place[] = [];
    const databases = new Set<string>();
    for (const [index, state] of states.entries()) {
      const place = this.place(index, places[this.graph.parent[index]!]);
      places.push(place);
      if (!wanted(index)) continue;
      if (!goOn() || index >= most) break;
      const database = canonical(this.stored(state));
      const found = await this.check(place, !databases.has(database));
      if (found) return found;
      databases.add(database);
      tally.databases = databases.size;
      onState?.(index + 1, states.length);
    }
    return null;
  }

  /** The part of a state that is rows. */
  private stored(state: object): Readonly<Record<string, Plain>> {
    const values = state as Readonly<Record<string, Plain>>;
    return Object.fromEntries(this.options.twin.stored.map((name) => [name, values[name]!]));
  }

  private place(index: number, from: Place | undefined): Place {
    const state = this.graph.states[index]!;
    const call = this.graph.via[index];
    if (!from || !call) return { index, state, path: [], tick: 0, way: [] };
    const path = [...from.path, call];
    if (call.action === this.options.twin.clock)
      return { index, state, path, tick: from.tick + 1, way: from.way };
    return { index, state, path, tick: from.tick, way: [...from.way, ...this.texts(call, from)] };
  }

  private texts(call: NamedCall, at: At<object>): readonly string[] {
    const { twin, constants } = this.options;
    return twin.statements(call, at, { sql: this.sql, constants }).map(inline);
  }

  /** Every call on one state, in one round trip; one by one where Postgres fails. */
  private async check(place: Place, strangers: boolean): Promise<FocusedDivergence | null> {
    const { twin, constants } = this.options;
    const { state } = place;
    const calls = this.graph.machine.calls.filter(
      (call) => call.action !== twin.clock && this.graph.machine.possible(state, call),
    );
    const tries: StrangeCall<object>[] = [
      ...calls.map((call) => ({ state, call })),
      ...(strangers ? twin.strangers(state, constants) : []),
    ];
    try {
      return await this.make(tries, place);
    } catch (error) {
      if (tries.length === 0 || !isOfPostgres(error)) throw error;
    }
    for (const attempt of tries) {
      try {
        const found = await this.make([attempt], place);
        if (found) return found;
      } catch (error) {
        return this.divergence(place, attempt, errorText(error as Error), []);
      }
    }
    return null;
  }

  private async make(
    tries: readonly StrangeCall<object>[],
    place: Place,
  ): Promise<FocusedDivergence | null> {
    const { twin, constants } = this.options;
    const { way, path, tick } = place;
    const attempts = tries.map(({ state, call }) => this.texts(call, { state, path, tick }));
    const look = `execute "${this.look}"`;
    const texts = attempts.flatMap((t) => [...t, look, "rollback to attempt"]);
    const first = ["begin", ...way, look, "savepoint attempt"];
    const results = await this.all([...first, ...texts]);
    const before = twin.read(results[way.length + 1]!, tick, constants);
    const changes = plainChanges(this.shown(place.state), before);
    if (changes.length > 0) return this.divergence(place, null, "", changes);
    let at = first.length;
    for (const [i, attempt] of tries.entries()) {
      at += attempts[i]!.length;
      const found = this.compare(place, attempt, results[at - 1]!, results[at]!);
      if (found) return found;
      at += 2;
    }
    return null;
  }

  /** The statement that reads the rows, planned once. */
  private get look(): string {
    return `look at ${this.options.schema}`;
  }

  private shown(state: object): object {
    return this.options.twin.shown?.(state) ?? state;
  }

  /** The rows of each statement; everything is rolled back. */
  private async all(texts: readonly string[]): Promise<readonly (readonly Row[])[]> {
    try {
      const results: unknown = await this.client.query(texts.join("; "));
      return (results as pg.QueryResult[]).map(({ rows }) => rows as Row[]);
    } finally {
      await this.client.query("rollback");
    }
  }

  private compare(
    place: Place,
    attempt: StrangeCall<object>,
    answer: readonly Row[],
    rows: readonly Row[],
  ): FocusedDivergence | null {
    const { module, machine, twin, constants, tally } = this.options;
    const { call, state } = attempt;
    const expected = machine.step(state, call);
    const quiet = plainChanges(state, this.stored(expected.state)).length === 0;
    const action = `${module} ${call.action}`;
    count(tally, { action, list: [call.args] }, [expected.outcome], quiet);
    let answered: ReturnType<AnyTwin["answer"]>;
    try {
      answered = twin.answer(answer, call, state);
    } catch {
      const unread = `what cannot be read: ${JSON.stringify(answer)}`;
      return this.divergence(place, attempt, unread, []);
    }
    const { outcome, known } = answered;
    const found = { ...known, ...twin.read(rows, place.tick, constants) };
    const changes = plainChanges(this.shown(expected.state), found);
    if (isDeepStrictEqual(outcome, expected.outcome) && changes.length === 0) return null;
    return this.divergence(place, attempt, wordsOf(outcome).join(", "), changes);
  }

  private divergence(
    { index, state }: Place,
    attempt: StrangeCall<object> | null,
    answer: string,
    changes: readonly string[],
  ): FocusedDivergence {
    const { machine } = this.options;
    const expected = attempt
      ? machine.step(attempt.state, attempt.call)
      : { outcome: { result: "nothing" }, state };
    return { index, path: pathTo(this.graph, index), attempt, expected, answer, changes };
  }
}
