/**
 * One configuration in a process of its own: `node grown.js DIR SECONDS URL` explores that in DIR
 * for so long at most, then conforms to it for as long, and says what came of it.
 */

import { storageMachine } from "../../src/core/index.js";
import { connect } from "../../src/postgres/connect.js";
import { PIECE } from "../conform/claim.js";
import { databaseTree, pieces } from "../conform/tree.js";
import { explore } from "../explore/explorer.js";
import { readScope } from "../explore/scope.js";
import { conforming } from "./conforming.js";
import { GROWN_CFG, type Conformed, type Grown } from "./sizes.js";

const [dir, limit, url] = process.argv.slice(2) as [string, string, string];

function forSoLong(): () => boolean {
  const end = performance.now() + Number(limit) * 1_000;
  return () => performance.now() < end;
}

const scope = await readScope(GROWN_CFG, dir);
const graph = explore(storageMachine(scope, { symmetric: true }), { goOn: forSoLong() });

async function conformed(): Promise<Conformed> {
  const nodes = databaseTree(graph, scope);
  const client = await connect({ url });
  try {
    const walked = await conforming(client, scope, pieces(nodes, PIECE), forSoLong());
    const { databases, checks } = walked.tally;
    const seconds = walked.ms / 1_000;
    return { databases: nodes.length, walked: databases, checks, seconds };
  } finally {
    await client.end();
  }
}

const { states, depth, seconds, whole } = graph;
const grown: Grown = {
  states: states.length,
  edges: Object.values(graph.edges).reduce((sum, some) => sum + some, 0),
  depth,
  seconds,
  whole,
  conformed: whole ? await conformed() : null,
};
process.stdout.write(JSON.stringify(grown));
