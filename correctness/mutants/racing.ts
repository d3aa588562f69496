/** C5 as a hunter: the schedules of the quick tier in which some call reaches a mutant. */

import type { ActionName } from "../../src/core/index.js";
import type { PostgresServer } from "../../src/postgres/server.js";
import { Arena, newSchema, Strayed } from "../interleave/arena.js";
import { instrument } from "../interleave/instrument.js";
import { Failing, swallowedFinding } from "../interleave/failing.js";
import type { Violation } from "../interleave/meet.js";
import { extents, schedulesOf, type Work } from "../interleave/plan.js";
import { runCase, SESSIONS } from "../interleave/run.js";
import { arenaScope } from "../interleave/scopes.js";
import { outcomeText } from "../report/calls.js";
import { Effort, exchanged, orError, spread, type Hunter, type Kill } from "./hunter.js";
import type { SqlMutant } from "./sql-mutant.js";

/** Where a mutant is part of most operations, so many meetings of two of them. */
const MEETINGS = { first: 40, thorough: 300 };

/** Where no more operations reach a mutant, their meetings are looked at at length. */
const FEW = 4;

const how = (name: string, { fault, ran }: Violation): string => {
  const told = ran.outcomes.map((o) => (o instanceof Error ? o.message : outcomeText(o)));
  return `${name}: ${fault}: ${told.join(", ")}`;
};

/** What a mutant does may depend on where rows happen to lie: its runs do not repeat. */
function unlessStrayed(error: unknown): null {
  if (error instanceof Strayed) return null;
  throw error;
}

/**
 * Wherever three meet; where two do, from all over, one state of each first. Then more of these;
 * and where few operations reach a mutant, the schedules of the full tier where these meet each
 * other, and where more than two meet.
 */
function some(
  work: readonly Work[],
  actions: readonly ActionName[],
  { thorough }: Effort,
): readonly Work[] {
  const where = (sessions: number) => work.filter(({ calls }) => calls.length === sessions);
  const two = where(2);
  if (thorough) {
    const own = two.filter(({ calls }) => calls.every(({ action }) => actions.includes(action)));
    const long = actions.length > FEW ? [] : [...own, ...where(3), ...where(4)];
    return [...spread(two, MEETINGS.thorough), ...long.map(longer)];
  }
  const names = two.map(({ name }) => name);
  const first = two.filter(({ name }, i) => names.indexOf(name) === i);
  return [...where(3), ...spread(first, MEETINGS.first)];
}

const longer = (work: Work): Work => ({ ...work, ...schedulesOf(work, extents.full) });

export class InterleaveHunter implements Hunter {
  readonly check = "interleave";
  private readonly arena: Arena;
  private readonly schema: string;
  private readonly work: readonly Work[];

  private constructor(arena: Arena, schema: string, work: readonly Work[]) {
    this.arena = arena;
    this.schema = schema;
    this.work = work;
  }

  /** The number tells it from other arenas on the same server. */
  static async open(
    server: PostgresServer,
    work: readonly Work[],
    number: number,
  ): Promise<InterleaveHunter> {
    const schema = newSchema();
    const place = { schema, number, scope: arenaScope, sessions: SESSIONS };
    return new InterleaveHunter(await Arena.open(server, place), schema, work);
  }

  async hunt(mutant: SqlMutant, effort = new Effort()): Promise<Kill | null> {
    const { controller } = this.arena;
    const { on, actions } = mutant;
    if (actions.length === 0) return null;
    const mine = this.work.filter(({ name, calls }) =>
      on ? on.interleave?.includes(name) : calls.some(({ action }) => actions.includes(action)),
    );
    const work = () => this.first(on ? mine : some(mine, actions, effort), effort);
    return exchanged(controller, this.schema, mutant, work, instrument);
  }

  private async first(some: readonly Work[], effort: Effort): Promise<Kill | null> {
    const { arena, check } = this;
    arena.forget();
    const failing = new Failing();
    for (const each of some) {
      if (!effort.take()) break;
      const { name } = each;
      const look = async (): Promise<Kill | null> => {
        const met = await runCase(arena, each, failing).catch(unlessStrayed);
        if (met === null) return null;
        const { violation } = met;
        if (violation)
          return { check, steps: violation.ran.steps.length, how: how(name, violation) };
        const [swallowed] = failing.swallowed;
        return swallowed ? { check, steps: 1, how: swallowedFinding(swallowed).title } : null;
      };
      const kill = await orError(check, look, `${name}: `);
      if (kill) return kill;
    }
    return null;
  }

  async close(): Promise<void> {
    await this.arena.close();
  }
}
