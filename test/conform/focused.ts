/** C3 of a focused module on a schema of its own, as shipped or with a planted bug. */

import { focusedFinding } from "../../correctness/conform/focused-claim.js";
import { FocusedWalker } from "../../correctness/conform/focused.js";
import { newTally } from "../../correctness/conform/tally.js";
import { readConstants } from "../../correctness/explore/scope.js";
import { focusedModules } from "../../src/core/index.js";
import { focusedTwins } from "../../src/postgres/focused-twins.js";
import { uninstall } from "../../src/postgres/install.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";

let schemas = 0;

export class FocusedTest {
  readonly module: string;
  private readonly server: () => PostgresServer;

  constructor(module: string, server: () => PostgresServer) {
    this.module = module;
    this.server = server;
  }

  /** Walks a configuration, or up to the first divergence. */
  async walk(name: string, amend?: string) {
    const constants = await readConstants(`${name}.cfg`);
    const client = await connect(this.server());
    const schema = `ringproof_test_${++schemas}`;
    const tally = newTally();
    const machine = focusedModules[this.module]!.machine(constants);
    const twin = focusedTwins[this.module]!;
    try {
      const given = { schema, module: this.module, machine, constants, twin, tally };
      const walker = new FocusedWalker(client, { ...given, ...(amend && { amend }) });
      await walker.prepare();
      const found = await walker.walk();
      await uninstall(client, { schema });
      return { found, tally, graph: walker.graph };
    } finally {
      await client.end();
    }
  }

  /** What a person reads of a planted bug. */
  async finding(name: string, amend: string) {
    const { found, graph } = await this.walk(name, amend);
    if (!found) throw new Error(`not found on ${name}`);
    const { title, lines } = focusedFinding(found, graph, name);
    const of = (start: string) =>
      lines
        .find((l) => l.startsWith(start))
        ?.slice(start.length)
        .trim();
    return {
      found,
      call: title.split(" → ").at(-1),
      core: of("the core says:"),
      postgres: of("Postgres answers:"),
      changes: found.changes.join("\n"),
    };
  }
}
