/** Steps several sessions through one schedule, and knows of each where it stands. */

import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { Footprint } from "./footprint.js";
import type { Stepper } from "./stepper.js";

export interface StepMade {
  readonly session: number;
  /** What the session was about to do. */
  readonly label: string;
  /** The sessions that it waits for, if a lock is in the way. */
  readonly waitsFor: readonly number[];
  /** The table or index that it waits for a lock on; null if it is a row's, or it does not wait. */
  readonly waitsOn: string | null;
  readonly did: Footprint;
}

interface Blocked {
  readonly pid: number;
  readonly by: readonly number[];
  readonly relation: number;
}

/** Longer than this, and a session that runs is asked whether it waits for a lock. */
const PATIENCE_MS = 8;

/** By then Postgres has found every deadlock; its own timeout is 20 ms here. */
const DEADLOCK_MS = 1_000;

/** Sessions that are stepped together, and the connection that steps them. */
export class Stepping {
  /** Those that take part in the run. */
  active: readonly Stepper[] = [];
  private readonly steppers: readonly Stepper[];
  private readonly controller: pg.Client;
  private readonly controllerPid: number;

  private readonly nameOf: ReadonlyMap<number, string>;

  constructor(
    controller: pg.Client,
    controllerPid: number,
    steppers: readonly Stepper[],
    nameOf: ReadonlyMap<number, string>,
  ) {
    this.controller = controller;
    this.controllerPid = controllerPid;
    this.steppers = steppers;
    this.nameOf = nameOf;
  }

  get enabled(): readonly number[] {
    return this.active.filter((s) => s.enabled).map((s) => s.index);
  }

  /** Closes the first gates, and begins a run of these calls. */
  async begin(calls: readonly string[]): Promise<void> {
    this.active = this.steppers.slice(0, calls.length);
    const gates = this.active.map(({ place: { schema, number } }) => [
      `setval('"${schema}".gates_${number}', 1, false)`,
      `setval('"${schema}".stops_${number}', 1)`,
      `pg_advisory_lock(${number}, 1)`,
    ]);
    await this.controller.query(`select pg_advisory_unlock_all(), ${gates.flat().join(", ")}`);
    this.active.forEach((stepper, i) => stepper.load(calls[i]!));
  }

  /**
   * So many steps of one session, or fewer if it ends or has to wait; whoever waited for it goes on
   * by itself, too. The last step is not over while the session waits.
   */
  async go(index: number, steps: number): Promise<readonly StepMade[]> {
    const stepper = this.active[index]!;
    const from = stepper.trail.length - 1;
    await stepper.go(this.controller, steps);
    await this.settle();
    const waits = stepper.moving;
    const made = stepper.trail.length - 1 - from + (waits ? 1 : 0);
    return Array.from({ length: made }, (_, k): StepMade => {
      const last = waits && k === made - 1;
      const waitsFor = last ? stepper.waitsFor : [];
      const waitsOn = last ? stepper.waitsOn : null;
      const did = stepper.did(from + k, waitsFor[0] ?? null);
      return { session: index, label: stepper.trail[from + k]!.label, waitsFor, waitsOn, did };
    });
  }

  /** Until every session stands somewhere, or waits for one that stands. */
  private async settle(): Promise<void> {
    const began = performance.now();
    let asked = false;
    for (;;) {
      const moving = this.active.filter((s) => s.moving);
      const running = moving.filter((s) => s.waitsFor.length === 0);
      // Where nobody stands, Postgres has to end a deadlock first.
      const given = this.enabled.length > 0 || performance.now() - began > DEADLOCK_MS;
      if (running.length === 0 && (moving.length === 0 || (asked && given))) return;
      await this.arrivals(moving);
      if (!this.active.some((s) => s.moving)) return;
      await this.look();
      asked = running.length === 0;
    }
  }

  /** Until those have all come to where they go, or for as long as patience lasts. */
  private async arrivals(moving: readonly Stepper[]): Promise<void> {
    const timer = new AbortController();
    const patience = sleep(PATIENCE_MS, undefined, { signal: timer.signal });
    await Promise.race([Promise.all(moving.map((s) => s.arrival)), patience]).catch(() => 0);
    timer.abort();
    patience.catch(() => 0);
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
