/** C8 as a hunter: histories of workers who call SQL that is wrong. */

import type { PostgresServer } from "../../src/postgres/server.js";
import { CallFailed } from "../trace/caller.js";
import { findingsOf, judge } from "../trace/judge.js";
import { record } from "../trace/record.js";
import { Effort, type Hunter, type Kill } from "./hunter.js";
import { changedText, type SqlMutant } from "./sql-mutant.js";

/** No two recordings are the same: what one does not show, another one may. */
const HISTORIES = 6;
const EVENTS = 800;

export class TraceHunter implements Hunter {
  readonly check = "trace";
  private readonly server: PostgresServer;
  /** What SQL that ships was found guilty of, history by history: that is asked once. */
  private readonly clean = new Map<number, Promise<Kill | null>>();

  constructor(server: PostgresServer) {
    this.server = server;
  }

  async hunt(mutant: SqlMutant, effort = new Effort()): Promise<Kill | null> {
    const ships = mutant.changes.every(({ definition, sql }) => definition.sql === sql);
    const amend = changedText(mutant);
    for (let seed = 1; seed <= HISTORIES && effort.take(); seed++) {
      const kill = await (ships ? this.lookAtClean(seed) : this.look(seed, amend));
      if (kill) return kill;
    }
    return null;
  }

  private lookAtClean(seed: number): Promise<Kill | null> {
    const known = this.clean.get(seed) ?? this.look(seed, "");
    this.clean.set(seed, known);
    return known;
  }

  private async look(seed: number, amend: string): Promise<Kill | null> {
    const { server: source, check } = this;
    try {
      const history = await record({ source, seed, events: EVENTS, amend });
      const judgement = judge(history);
      const [found] = findingsOf(judgement, history, "");
      if (!found) return null;
      const { contract, storage } = judgement;
      const { call } = (contract?.misfit ?? storage?.event)!;
      const steps = history.events.filter((event) => event.call <= call).length;
      return { check, steps, how: found.title };
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      return { check, steps: error.made.id + 1, how: error.message };
    }
  }

  async close(): Promise<void> {}
}
