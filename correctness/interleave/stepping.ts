/** Steps several sessions through one schedule, and knows of each where it stands. */

import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import type { Footprint } from "./footprint.js";
import { Stepper, type Place } from "./stepper.js";

export interface StepMade {
  readonly session: number;
  /** What the session was about to do. */
  readonly label: string;
  /** The sessions that it waits for, if a lock is in the way. */
  readonly waitsFor: readonly number[];
  /** The table or index that it waits for a lock on; null if it is a row's, or it does not wait. */
  readonly waitsOn: string | null;
  /** Null if that was known. */
  readonly did: Footprint | null;
}

interface Blocked {
  readonly pid: number;
  readonly by: readonly number[];
  readonly relation: number;
}

/** So long without a sign of life, and a session that runs is asked whether it waits for a lock. */
const PATIENCE_MS = 3;

/** By then Postgres has found every deadlock; its own timeout is 20 ms here. */
const DEADLOCK_MS = 1_000;

export interface SteppingOptions extends Pick<Place, "schema" | "nameOf" | "tries"> {
  /** Takes no part itself. */
  readonly controller: pg.Client;
  readonly sessions: number;
  /** The number of the first session among all of the server. */
  readonly number: number;
}

/** Until they have all come to where they go, or give no sign of life for too long. */
async function arrivals(running: readonly Stepper[]): Promise<void> {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    const look = (): void => {
      const seen = Math.max(began, ...running.map((s) => (s.moving ? s.seenAt : 0)));
      const left = seen + PATIENCE_MS - performance.now();
      if (left <= 0) resolve();
      else timer = setTimeout(look, left);
    };
    timer = setTimeout(look, PATIENCE_MS);
  });
  await Promise.race([Promise.all(running.map((s) => s.arrival)), patience]);
  clearTimeout(timer);
}

/** Sessions that are stepped together, and the connection that steps them. */
export class Stepping {
  readonly steppers: readonly Stepper[];
  /** Those that take part in the run. */
  active: readonly Stepper[] = [];
  private readonly controller: pg.Client;
  private readonly controllerPid: number;
  private readonly nameOf: ReadonlyMap<number, string>;

  private constructor(
    { controller, nameOf }: SteppingOptions,
    controllerPid: number,
    steppers: readonly Stepper[],
  ) {
    this.controller = controller;
    this.controllerPid = controllerPid;
    this.steppers = steppers;
    this.nameOf = nameOf;
  }

  /** In a schema that has its breakpoints. */
  static async open(server: PostgresServer, options: SteppingOptions): Promise<Stepping> {
    const { controller, sessions, number, ...place } = options;
    const clients: pg.Client[] = [];
    try {
      const { rows } = await controller.query("select pg_backend_pid() as pid");
      const steppers: Stepper[] = [];
      for (let index = 0; index < sessions; index++) {
        const client = await connect(server);
        clients.push(client);
        const own = { ...place, index, number: number + index };
        steppers.push(await Stepper.open(controller, client, own));
      }
      return new Stepping(options, rows[0].pid, steppers);
    } catch (error) {
      await Promise.all(clients.map((client) => client.end()));
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.steppers.map(({ client }) => client.end()));
  }

  get enabled(): readonly number[] {
    return this.active.filter((s) => s.enabled).map((s) => s.index);
  }

  /** A run of these calls. */
  begin(calls: readonly string[]): void {
    this.active = this.steppers.slice(0, calls.length);
    this.active.forEach((stepper, i) => stepper.load(calls[i]!));
  }

  /**
   * So many steps of one session, or fewer if it ends or has to wait; whoever waited for it goes on
   * by itself, too. The last step is not over while the session waits. What the first ones do may
   * be known.
   */
  async go(index: number, steps: number, known = 0): Promise<readonly StepMade[]> {
    const stepper = this.active[index]!;
    const from = stepper.trail.length - 1;
    await stepper.go(this.controller, steps, known);
    await this.settle();
    const waits = stepper.moving;
    const made = stepper.trail.length - 1 - from + (waits ? 1 : 0);
    return Array.from({ length: made }, (_, k): StepMade => {
      const last = waits && k === made - 1;
      const waitsFor = last ? stepper.waitsFor : [];
      const waitsOn = last ? stepper.waitsOn : null;
      const did = k < known ? null : stepper.did(from + k, waitsFor[0] ?? null);
      return { session: index, label: stepper.trail[from + k]!.label, waitsFor, waitsOn, did };
    });
  }

  /** Until every session stands somewhere, or waits for one that stands. */
  private async settle(): Promise<void> {
    const began = performance.now();
    let again = false;
    for (;;) {
      const running = this.active.filter((s) => s.moving && s.waitsFor.length === 0);
      if (running.length > 0) await arrivals(running);
      const moving = this.active.filter((s) => s.moving);
      if (moving.length === 0) return;
      await this.look();
      const { enabled } = this;
      const waiting = moving.filter((s) => s.moving && s.waitsFor.length > 0);
      if (waiting.length < moving.length) continue;
      if (waiting.every((s) => s.waitsFor.some((other) => enabled.includes(other)))) return;
      // Some wait for each other. Where nobody stands, Postgres has to end a deadlock first.
      if (again && (enabled.length > 0 || performance.now() - began > DEADLOCK_MS)) return;
      again = true;
      await sleep(PATIENCE_MS);
    }
  }

  /** Lets all of them run to their ends at once, as they can. */
  async abandon(): Promise<void> {
    const began = performance.now();
    const ends: Promise<void>[] = [];
    while (performance.now() - began < DEADLOCK_MS) {
      if (this.active.every(({ at }) => at.stand === "done")) break;
      for (const stepper of this.active.filter((s) => s.enabled))
        ends.push(stepper.finish(this.controller));
      await sleep(PATIENCE_MS);
    }
    await this.release();
    await Promise.all(ends);
  }

  /** Ends what would wait for ever; whether there was anything. */
  async release(): Promise<boolean> {
    const stuck = this.active.filter((s) => s.moving);
    if (stuck.length === 0) return false;
    const pids = stuck.map((s) => s.pid);
    await this.controller.query("select pg_cancel_backend(pid) from unnest($1::int[]) pid", [pids]);
    await Promise.all(stuck.map((s) => s.arrival));
    for (const stepper of stuck) await stepper.finish(this.controller);
    return true;
  }

  private async look(): Promise<void> {
    const moving = this.active.filter((s) => s.moving);
    const { rows } = await this.controller.query<Blocked>({
      name: "blocked",
      text: `select pid, pg_blocking_pids(pid) as by,
                    (select l.relation::int from pg_locks l
                     where l.pid = p.pid and not l.granted and l.locktype = 'relation') as relation
             from unnest($1::int[]) as p (pid)`,
      values: [moving.map((s) => s.pid)],
    });
    for (const { pid, by, relation } of rows) {
      const stepper = moving.find((s) => s.pid === pid)!;
      if (!stepper.moving) continue;
      const waited = stepper.waitsFor.length > 0;
      const others = this.active.filter((s) => by.includes(s.pid)).map((s) => s.index);
      stepper.waitsFor = by.includes(this.controllerPid) ? [] : others;
      stepper.waitsOn = this.nameOf.get(relation) ?? null;
      if (!waited && stepper.waitsFor.length > 0) await stepper.halt(this.controller);
    }
  }
}
