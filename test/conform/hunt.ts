/** Walks the databases of a scope on a server of the test's own, with a bug planted or without. */

import { Walker } from "../../correctness/conform/conform.js";
import { newTally } from "../../correctness/conform/tally.js";
import { databaseTree, pieces } from "../../correctness/conform/tree.js";
import { explore } from "../../correctness/explore/explorer.js";
import { diffDb, formatDiff } from "../../correctness/report/diff.js";
import { storageMachine, wordsOf, type ActionName, type Scope } from "../../src/core/index.js";
import { uninstall } from "../../src/postgres/install.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";

/** A bug, where it is looked for, and the first call by which it is found. */
export type Planted<Name extends string> = readonly [
  what: string,
  on: Name,
  sql: string,
  action: ActionName,
  core: readonly string[],
  postgres: readonly string[],
  rows: RegExp | null,
];

let schemas = 0;

/** A walk over every database of one of these scopes, up to the first divergence. */
export function hunter<Name extends string>(
  server: () => PostgresServer,
  scopes: Readonly<Record<Name, Scope>>,
) {
  const treeOf = (name: Name) =>
    databaseTree(explore(storageMachine(scopes[name]), { properties: [] }), scopes[name]);
  const trees = new Map<Name, ReturnType<typeof treeOf>>();
  return async (name: Name, amend?: string) => {
    const scope = scopes[name];
    const tree = trees.get(name) ?? treeOf(name);
    trees.set(name, tree);
    const client = await connect(server());
    const schema = `ringproof_hunt_${++schemas}`;
    try {
      const options = { scope, schema, tally: newTally(), ...(amend && { amend }) };
      const walker = new Walker(client, options);
      await walker.prepare();
      for (const piece of pieces(tree, 100)) {
        const found = await walker.walk(piece);
        if (!found) continue;
        const { attempt, expected, outcomes, db } = found;
        const rows = db ? formatDiff(diffDb(expected.state.db, db, scope)).join("\n") : "";
        const core = expected.outcomes.flatMap(wordsOf);
        return { action: attempt?.action, core, postgres: outcomes.flatMap(wordsOf), rows };
      }
      return null;
    } finally {
      await uninstall(client, { schema });
      await client.end();
    }
  };
}
