/**
 * C3: on every reachable database of a configuration, every attempt is made on real Postgres, and
 * what it answers and the rows it leaves are what the core says. The states are reached by the
 * operations themselves, along the explorer's tree, in transactions that are rolled back.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type pg from "pg";
import {
  actions,
  encodeDb,
  type ActionName,
  type ActionTable,
  type Scope,
} from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import { newBinding, type Binding } from "../../src/postgres/binding.js";
import { inline } from "../../src/postgres/inline.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { statements } from "../../src/postgres/statements.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import type { Answered, TwinContext } from "../../src/postgres/twin.js";
import { attempts, expect, presentable, twinOf, type Attempt, type Expected } from "./attempts.js";
import { placeOfLane } from "./lane-names.js";
import { divergence, FailedCall, type Divergence, type Found } from "./divergence.js";
import { readSnapshot, type Snapshot } from "./snapshot.js";
import { count, type Tally } from "./tally.js";
import { cost, together, type Try } from "./tries.js";
import { wayTo, type Node, type Piece } from "./tree.js";
import { wrongRows, wrongTimes } from "./unmodelled.js";

interface Probed {
  readonly answer: readonly Record<string, unknown>[] | null;
  readonly after: Snapshot | null;
  readonly error: string | null;
}

/** A node, its rows on Postgres, and the text of its database. */
interface Here {
  readonly node: Node;
  readonly snapshot: Snapshot;
  readonly text: string;
}

export interface ConformOptions {
  readonly schema: string;
  readonly scope: Scope;
  readonly tally: Tally;
  readonly onDatabase?: () => void;
  /** SQL that is run once the schema is installed, written for the schema `ringproof`. */
  readonly amend?: string;
}

/** What is tried on each database, and what the core says of it. */
export interface Trial {
  /** All actions unless given. */
  readonly only?: readonly ActionName[];
  /** All databases of the piece unless given. */
  readonly checked?: ReadonlySet<Node>;
  readonly table?: ActionTable;
}

/** One connection with a schema of its own, on which pieces of the tree are walked. */
export class Walker {
  private readonly client: pg.Client;
  private readonly options: ConformOptions;
  private readonly context: TwinContext;
  private readonly tries: readonly Attempt[];
  private trial: Trial = {};
  private start: Binding = newBinding(new Map());

  constructor(client: pg.Client, options: ConformOptions) {
    this.client = client;
    this.options = options;
    this.context = { sql: statements(options.schema), scope: options.scope };
    this.tries = attempts(options.scope);
  }

  /** Installs the schema afresh, with the harness and the lanes of the scope. */
  async prepare(): Promise<void> {
    const { schema, scope, amend } = this.options;
    await uninstall(this.client, { schema });
    const { queueSlots, claimSlots, leaseSlots } = scope;
    await install(this.client, { schema, queueSlots, claimSlots, leaseSlots });
    if (amend) await this.client.query(requalify(amend, schema));
    await installHarness(this.client, schema);
    const storage = new PostgresStorage(this.client, { schema });
    this.start = newBinding(await ensureLanes(storage, scope));
  }

  /** Walks one piece in one transaction; the first divergence ends it. */
  async walk(piece: Piece, trial: Trial = {}): Promise<Divergence | null> {
    this.trial = trial;
    await this.client.query("begin");
    try {
      let binding = this.start;
      for (const node of wayTo(piece.top)) binding = await this.take(node, binding, null);
      return await this.visit(piece.top, binding, piece, 0);
    } catch (error) {
      if (error instanceof FailedCall) return error.divergence;
      throw error;
    } finally {
      await this.client.query("rollback");
    }
  }

  private async visit(
    node: Node,
    binding: Binding,
    piece: Piece,
    depth: number,
  ): Promise<Divergence | null> {
    const found = await this.check(node, binding);
    if (found) return found;
    for (const child of node.children) {
      if (!piece.nodes.has(child)) continue;
      const mark = `depth${depth}`;
      const there = await this.take(child, binding, mark);
      const below = await this.visit(child, there, piece, depth + 1);
      if (below) return below;
      await this.client.query(`rollback to ${mark}; release ${mark}`);
    }
    return null;
  }

  /** Makes the call that leads to a node for good, behind a savepoint where one is named. */
  private async take(node: Node, binding: Binding, mark: string | null): Promise<Binding> {
    const { action, args } = node.via!;
    const statement = twinOf(action).statement([args], binding, this.context);
    const texts = [
      ...(mark ? [`savepoint ${mark}`] : []),
      ...(statement ? [inline(statement)] : []),
    ];
    try {
      const results = texts.length > 0 ? await this.client.query(texts.join("; ")) : null;
      const last = Array.isArray(results) ? (results.at(-1) as pg.QueryResult) : results;
      return twinOf(action).answer(statement ? last!.rows : [], [args], binding).binding;
    } catch (error) {
      if (error instanceof UserError) throw error;
      const attempt = { action, list: [args] };
      const expected = this.expect(node.parent!, attempt);
      throw new FailedCall(node.parent!, attempt, expected, error as Error);
    }
  }

  private expect({ state }: Node, attempt: Attempt): Expected {
    const { table = actions } = this.trial;
    return expect(state, attempt, this.options.scope, table);
  }

  /** Every call on one database; where a batch of quiet calls diverges, the call itself is told. */
  private async check(node: Node, binding: Binding): Promise<Divergence | null> {
    if (this.trial.checked?.has(node) === false) return null;
    const single = this.tries
      .filter((a) => this.trial.only?.includes(a.action) !== false && presentable(node.state, a))
      .map((attempt) => ({ attempt, expected: this.expect(node, attempt) }))
      .map((t) => ({ ...t, quiet: t.expected.state.db === node.state.db }));
    const found = await this.make(together(single), node, binding);
    return found && ((await this.make(single, node, binding)) ?? found);
  }

  private async make(
    calls: readonly Try[],
    node: Node,
    binding: Binding,
  ): Promise<Divergence | null> {
    const { scope, tally } = this.options;
    const tries = [...calls].sort((a, b) => cost(a) - cost(b));
    const texts = tries.map(({ attempt: { action, list } }) => {
      const statement = twinOf(action).statement(list, binding, this.context)!;
      return `select jsonb_agg(to_jsonb(x)) from (${inline(statement)}) x`;
    });
    const [before, ...probed] = await this.probe(texts, tries.filter((t) => t.quiet).length);
    tally.databases++;
    this.options.onDatabase?.();
    const snapshot = before!.after!;
    const db = readSnapshot(snapshot, binding, scope);
    const faults = wrongRows(snapshot, db, binding, scope);
    const here = { node, snapshot, text: encodeDb(node.state.db, scope) };
    if (encodeDb(db, scope) !== here.text || faults.length > 0)
      return divergence(node, null, { outcomes: [], state: node.state }, { db, faults });
    for (const [i, t] of tries.entries()) {
      const found = this.compare(here, t, probed[i]!, binding);
      if (found) return found;
    }
    return null;
  }

  /** Makes all calls in one round trip; one by one where a quiet one was not quiet. */
  private async probe(calls: readonly string[], quiet: number): Promise<readonly Probed[]> {
    const text = `select * from "${this.options.schema}".probe($1, $2)`;
    const { rows } = await this.client.query<Probed>(text, [calls, quiet]);
    const disturbed = quiet > 0 && rows[1]!.answer === null;
    return disturbed ? this.probe(calls, 0) : rows;
  }

  private compare(
    { node, snapshot, text }: Here,
    { attempt, expected, quiet }: Try,
    { answer, after, error }: Probed,
    binding: Binding,
  ): Divergence | null {
    const { scope } = this.options;
    const diverged = (found: Found) => divergence(node, attempt, expected, found);
    if (error) return diverged({ error });
    let answered: Answered;
    try {
      answered = twinOf(attempt.action).answer(answer ?? [], attempt.list, binding);
    } catch {
      return diverged({ error: `an answer that cannot be read: ${JSON.stringify(answer)}` });
    }
    const { outcomes } = answered;
    const db = after && readSnapshot(after, answered.binding, scope);
    const faults = after
      ? [
          ...wrongRows(after, db!, answered.binding, scope),
          ...wrongTimes(snapshot, after, answered.binding),
        ]
      : [];
    const same =
      isDeepStrictEqual(outcomes, expected.outcomes) &&
      (db ? encodeDb(db, scope) : text) === (quiet ? text : encodeDb(expected.state.db, scope)) &&
      faults.length === 0;
    count(this.options.tally, attempt, expected.outcomes, quiet);
    return same ? null : diverged({ outcomes, db: db ?? node.state.db, faults });
  }
}

/** Adds `snapshot()` and `probe()` to an installed schema. */
export async function installHarness(client: pg.Client, schema: string): Promise<void> {
  const path = join(packageRoot(), "correctness", "conform", "harness.sql");
  await client.query(requalify(await readFile(path, "utf8"), schema));
}

/** The ids of the scope's lanes. */
export async function ensureLanes(storage: PostgresStorage, { lanes }: Pick<Scope, "lanes">) {
  const ids = new Map<string, number>();
  for (const lane of lanes) {
    const { queue, priority, shard } = placeOfLane(lane);
    ids.set(lane, await storage.ensureLane(queue, priority, shard));
  }
  return ids;
}
