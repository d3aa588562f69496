/** C6 as a hunter: the locks that the operations take with a mutant, beside their plans. */

import type { PostgresServer } from "../../src/postgres/server.js";
import { differenceFindings, swallowedFindings } from "../locks/claim.js";
import { differences } from "../locks/compare.js";
import { readPlans, type SeenPlan } from "../locks/files.js";
import type { Operation } from "../locks/operations.js";
import { record } from "../locks/recorder.js";
import { situations } from "../locks/situations.js";
import { Effort, orError, someOf, type Hunter, type Kill } from "./hunter.js";
import { changedText, type SqlMutant } from "./sql-mutant.js";

const operationsOf = ({ on, actions, further }: SqlMutant, effort: Effort): readonly Operation[] =>
  on?.locks ?? someOf([...actions, ...further], effort);

export class LocksHunter implements Hunter {
  readonly check = "locks";
  private readonly server: PostgresServer;
  private readonly plans: readonly SeenPlan[];

  private constructor(server: PostgresServer, plans: readonly SeenPlan[]) {
    this.server = server;
    this.plans = plans;
  }

  static async open(server: PostgresServer): Promise<LocksHunter> {
    return new LocksHunter(server, (await readPlans()).plans);
  }

  async hunt(mutant: SqlMutant, effort = new Effort()): Promise<Kill | null> {
    const { server, check } = this;
    const amendment = { functions: changedText(mutant) };
    for (const operation of operationsOf(mutant, effort)) {
      if (!effort.take()) break;
      const options = { server, situations: situations([operation]) };
      const look = async (): Promise<Kill | null> => {
        const { plans, swallowed } = await record({ ...options, amendment });
        const found = differences(this.plans, plans, [operation]);
        const [first] = [...differenceFindings(found), ...swallowedFindings(swallowed)];
        return first ? { check, steps: 1, how: first.title } : null;
      };
      const kill = await orError(check, look, `${operation}: `);
      if (kill) return kill;
    }
    return null;
  }

  async close(): Promise<void> {}
}
