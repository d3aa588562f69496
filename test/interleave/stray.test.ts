import { afterAll, beforeAll, expect, test } from "vitest";
import { Arena, newSchema, Strayed } from "../../correctness/interleave/arena.js";
import { meet } from "../../correctness/interleave/meet.js";
import { extents, planFor } from "../../correctness/interleave/plan.js";
import { withRowLocks } from "../../correctness/interleave/row-locks.js";
import type { Schedule } from "../../correctness/interleave/schedules.js";
import { arenaScope } from "../../correctness/interleave/scopes.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

/** The first session for so many steps, and then the other one, even if that has to wait. */
class Stubborn implements Schedule {
  readonly burst = 1;
  readonly known = 0;
  readonly partial = false;
  private steps = 0;
  private readonly first: number;

  constructor(first: number) {
    this.first = first;
  }

  choose(): number {
    return this.steps < this.first ? 0 : 1;
  }

  executed(): void {
    this.steps++;
  }

  amend(): void {}
  ended = (): number => 1;
  next = (): boolean => false;
}

test("a session that waits where it is to go on ends the run, and nothing is left of it", () =>
  withRowLocks(server, async () => {
    const { work } = planFor(extents.quick, ["CancelReady", "MoveReady"]);
    const both = work.find(({ name }) => name === "CancelReady × MoveReady")!;
    const place = { schema: newSchema(), number: 1, scope: arenaScope, sessions: 2 };
    const arena = await Arena.open(server, place);
    try {
      await expect(meet(arena, both, { schedule: new Stubborn(5) })).rejects.toThrow(Strayed);
      const { schedule, atMost } = both;
      const met = await meet(arena, both, { schedule: schedule(), atMost });
      expect(met.violation).toBeNull();
      expect(met.waiting).toBeGreaterThan(0);
    } finally {
      await arena.close();
    }
  }));
