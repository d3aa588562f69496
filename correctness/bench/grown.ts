/**
 * One configuration in a process of its own: `node grown.js DIR SECONDS [URL]` explores that in DIR
 * for so long at most, then conforms to it for as long, and says what came of it.
 */

import { getHeapStatistics } from "node:v8";
import { storageMachine } from "../../src/core/index.js";
import { connect } from "../../src/postgres/connect.js";
import { PIECE } from "../conform/claim.js";
import { databaseTree, pieces } from "../conform/tree.js";
import { explore, type Graph } from "../explore/explorer.js";
import { readScope } from "../explore/scope.js";
import { conforming } from "./conforming.js";
import { GROWN_CFG, type Conformed, type Grown } from "./sizes.js";

const [dir, limit, url] = process.argv.slice(2) as [string, string, string?];

/** Of the heap that Node may have; with more it does little but collect garbage, and then dies. */
const FULL = 0.9;

function roomLeft(): boolean {
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics();
  return used < FULL * most;
}

function forSoLong(): () => boolean {
  const end = performance.now() + Number(limit) * 1_000;
  return () => performance.now() < end && roomLeft();
}

const scope = await readScope(GROWN_CFG, dir);
const began = performance.now();
let found = 0;

/** Null where there were more states, or databases, than a map of JavaScript holds. */
function explored(): Graph | null {
  const machine = storageMachine(scope, { symmetric: true });
  try {
    return explore(machine, { goOn: forSoLong(), onProgress: ({ states }) => (found = states) });
  } catch (error) {
    if (!(error instanceof RangeError && /^Map maximum size/.test(error.message))) throw error;
    return null;
  }
}

async function conformed(graph: Graph, to: string): Promise<Conformed> {
  const nodes = databaseTree(graph, scope);
  const client = await connect({ url: to });
  try {
    const walked = await conforming(client, scope, pieces(nodes, PIECE), forSoLong());
    const { databases, checks } = walked.tally;
    const seconds = walked.ms / 1_000;
    return { databases: nodes.length, walked: databases, checks, seconds };
  } finally {
    await client.end();
  }
}

const graph = explored();
const grown: Grown = {
  states: graph?.states.length ?? found,
  edges: Object.values(graph?.edges ?? {}).reduce((sum, some) => sum + some, 0),
  depth: graph?.depth ?? 0,
  seconds: graph?.seconds ?? (performance.now() - began) / 1_000,
  whole: graph?.whole ?? false,
  conformed: graph?.whole && url !== undefined ? await conformed(graph, url) : null,
};
process.stdout.write(JSON.stringify(grown));
