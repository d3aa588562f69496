/** C3 as a hunter: the databases of some configurations, and only the calls that reach a mutant. */

import { randomBytes } from "node:crypto";
import type pg from "pg";
import { focusedModules, wordsOf, type ActionName } from "../../src/core/index.js";
import { focusedTwins } from "../../src/postgres/focused-twins.js";
import { uninstall } from "../../src/postgres/install.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { Walker, type Trial } from "../conform/conform.js";
import type { Divergence } from "../conform/divergence.js";
import { FocusedWalker } from "../conform/focused.js";
import { newTally } from "../conform/tally.js";
import { readConstants } from "../explore/scope.js";
import { callText, formatCalls } from "../report/calls.js";
import type { ManifestEntry } from "../tlc/manifest.js";
import type { CoreMutant } from "./core.js";
import { Effort, orError, exchanged, someOf, type Hunter, type Kill } from "./hunter.js";
import type { Callers, SqlMutant } from "./sql-mutant.js";
import type { Part, Tree, Trees } from "./trees.js";

/** A walk of one configuration in a schema of its own, which is installed when it is needed. */
interface Ground {
  readonly name: string;
  readonly schema: string;
  /** Whether calls of its own reach the mutant. */
  concerns(callers: Callers): boolean;
  install(): Promise<Walk>;
  walk?: Walk;
}

interface WalkOptions extends Trial {
  readonly only: readonly ActionName[];
  readonly reach: Reach;
  readonly effort: Effort;
}

type Walk = (options: WalkOptions) => Promise<Kill | null>;

/** By then every call has ended, unless it never would. */
const LONGEST_MS = 5_000;
const CHECK = "conform";

/** Of a focused module. */
const STATES = { first: 250, thorough: 1000, all: Infinity };

/** How far a walk goes: to some databases of each kind, or to all. */
type Reach = "first" | "thorough" | "all";

const how = ({ path, attempt, expected, outcomes, error, faults }: Divergence): string => {
  const calls = [...formatCalls(path), ...(attempt ? [callText(attempt)] : [])].join(" → ");
  const [right, wrong] = [expected.outcomes.flatMap(wordsOf), outcomes.flatMap(wordsOf)];
  if (error) return `${calls}: ${error}`;
  if (right.join() !== wrong.join())
    return `${calls}: ${wrong.join(", ")}, not ${right.join(", ")}`;
  return `${calls}: ${faults[0] ?? "other rows"}`;
};

const killOf = (found: Divergence): Kill => ({
  check: CHECK,
  steps: found.path.length + (found.attempt ? 1 : 0),
  how: how(found),
});

export class ConformHunter implements Hunter {
  readonly check = CHECK;
  private readonly client: pg.Client;
  private readonly grounds: readonly Ground[];

  private constructor(client: pg.Client, grounds: readonly Ground[]) {
    this.client = client;
    this.grounds = grounds;
  }

  static async open(
    server: PostgresServer,
    entries: readonly ManifestEntry[],
    trees: Trees,
  ): Promise<ConformHunter> {
    const client = await connect(server);
    await client.query(`set statement_timeout = ${LONGEST_MS}`);
    const grounds = entries.map((entry) => {
      const tree = trees.get(entry.name);
      return tree ? storageGround(client, entry, tree) : focusedGround(client, entry);
    });
    return new ConformHunter(client, grounds);
  }

  async hunt(mutant: SqlMutant, effort = new Effort()): Promise<Kill | null> {
    const { on, actions } = mutant;
    const reach = on ? "all" : effort.thorough ? "thorough" : "first";
    const options = { only: someOf(actions, effort), reach, effort } as const;
    // What calls of the model reach is looked for there first: focused modules make many more.
    const { modules } = mutant;
    const callers = { ...mutant, modules: reach === "first" && actions.length > 0 ? [] : modules };
    const some = this.grounds.filter((g) =>
      on ? on.conform?.includes(g.name) : g.concerns(callers),
    );
    return this.first(some, (ground, walk) =>
      exchanged(this.client, ground.schema, mutant, () => orError(CHECK, () => walk(options))),
    );
  }

  /** The SQL that ships, beside a core that is wrong. */
  async huntCore({ action, table }: CoreMutant): Promise<Kill | null> {
    const some = this.grounds.filter((ground) =>
      ground.concerns({ actions: [action], further: [], modules: [] }),
    );
    const look = (reach: Reach) =>
      this.first(some, (_, walk) => walk({ only: [action], table, reach, effort: new Effort() }));
    return (await look("first")) ?? look("thorough");
  }

  private async first(
    grounds: readonly Ground[],
    look: (ground: Ground, walk: Walk) => Promise<Kill | null>,
  ): Promise<Kill | null> {
    for (const ground of grounds) {
      const walk = (ground.walk ??= await ground.install());
      const found = await look(ground, walk);
      if (found) return found;
    }
    return null;
  }

  async close(): Promise<void> {
    const installed = this.grounds.filter(({ walk }) => walk);
    for (const { schema } of installed)
      await uninstall(this.client, { schema }).catch(() => undefined);
    await this.client.end();
  }
}

const newSchema = (): string => `mutants_${randomBytes(4).toString("hex")}`;

const partsOf = (
  tree: Tree,
  reach: Reach,
  only: readonly ActionName[],
): readonly (Partial<Part> & Pick<Part, "piece">)[] =>
  reach === "all" ? tree.all.map((piece) => ({ piece })) : tree.some(only, reach === "thorough");

function storageGround(client: pg.Client, { name }: ManifestEntry, tree: Tree): Ground {
  const schema = newSchema();
  const install = async (): Promise<Walk> => {
    const walker = new Walker(client, { schema, scope: tree.scope, tally: newTally() });
    await walker.prepare();
    return async ({ reach, effort, ...trial }) => {
      for (const { piece, ...part } of partsOf(tree, reach, trial.only)) {
        if (!effort.take()) break;
        const found = await walker.walk(piece, { ...trial, ...part });
        if (found) return killOf(found);
      }
      return null;
    };
  };
  return { name, schema, install, concerns: ({ actions }) => actions.length > 0 };
}

function focusedGround(client: pg.Client, { name, module, cfg }: ManifestEntry): Ground {
  const schema = newSchema();
  const install = async (): Promise<Walk> => {
    const constants = await readConstants(cfg);
    const machine = focusedModules[module]!.machine(constants);
    const twin = focusedTwins[module]!;
    const options = { schema, module, machine, constants, twin, tally: newTally() };
    const walker = new FocusedWalker(client, options);
    await walker.prepare();
    return async ({ reach, effort }) => {
      const found = effort.take() ? await walker.walk(STATES[reach]) : null;
      if (!found) return null;
      const { path, attempt, answer, changes } = found;
      const calls = [...path, ...(attempt ? [attempt.call] : [])];
      const text = formatCalls(calls).join(" → ");
      return { check: CHECK, steps: calls.length, how: `${text}: ${answer || changes[0]}` };
    };
  };
  return { name, schema, install, concerns: ({ modules }) => modules.includes(module) };
}
