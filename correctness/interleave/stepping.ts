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
  readonly did: Footprint;
}

/** Longer than this, and a session that runs is asked whether it waits for a lock. */
const PATIENCE_MS = 4;

/** Sessions that are stepped together, and the connection that steps them. */
export class Stepping {
  readonly steppers: readonly Stepper[];
  private readonly controller: pg.Client;
  private readonly controllerPid: number;

  constructor(controller: pg.Client, controllerPid: number, steppers: readonly Stepper[]) {
    this.controller = controller;
    this.controllerPid = controllerPid;
    this.steppers = steppers;
  }

  get enabled(): readonly number[] {
    return this.steppers.filter((s) => s.enabled).map((s) => s.index);
  }

  /** Closes the first gates, and begins a run of these calls. */
  async begin(calls: readonly string[]): Promise<void> {
    const gates = this.steppers.map(({ place: { schema, number } }) => [
      `setval('"${schema}".gates_${number}', 1, false)`,
      `setval('"${schema}".stops_${number}', 1)`,
      `pg_advisory_lock(${number}, 1)`,
    ]);
    await this.controller.query(`select pg_advisory_unlock_all(), ${gates.flat().join(", ")}`);
    this.steppers.forEach((stepper, i) => stepper.load(calls[i]!));
  }

  /**
   * So many steps of one session, or fewer if it ends or has to wait; whoever waited for it goes on
   * by itself, too. The last step is not over while the session waits.
   */
  async go(index: number, steps: number): Promise<readonly StepMade[]> {
    const stepper = this.steppers[index]!;
    const from = stepper.trail.length - 1;
    await stepper.go(this.controller, steps);
    await this.settle();
    const waits = stepper.moving;
    const made = stepper.trail.length - 1 - from + (waits ? 1 : 0);
    return Array.from({ length: made }, (_, k): StepMade => {
      const waitsFor = waits && k === made - 1 ? stepper.waitsFor : [];
      const did = stepper.did(from + k, waitsFor[0] ?? null);
      return { session: index, label: stepper.trail[from + k]!.label, waitsFor, did };
    });
  }

  /** Until every session stands somewhere, or waits for one that stands. */
  private async settle(): Promise<void> {
    let asked = false;
    for (;;) {
      const running = this.steppers.filter((s) => s.moving && s.waitsFor.length === 0);
      const waiting = this.steppers.filter((s) => s.moving && s.waitsFor.length > 0);
      if (running.length === 0 && (waiting.length === 0 || asked)) return;
      if (running.length > 0) {
        const timer = new AbortController();
        const patience = sleep(PATIENCE_MS, undefined, { signal: timer.signal });
        await Promise.race([Promise.all(running.map((s) => s.arrival)), patience]).catch(() => 0);
        timer.abort();
        patience.catch(() => 0);
      }
      if (!this.steppers.some((s) => s.moving)) return;
      await this.look();
      asked = running.length === 0;
    }
  }

  private async look(): Promise<void> {
    const moving = this.steppers.filter((s) => s.moving);
    const { rows } = await this.controller.query<{ pid: number; by: number[] }>(
      "select pid, pg_blocking_pids(pid) as by from unnest($1::int[]) pid",
      [moving.map((s) => s.pid)],
    );
    for (const { pid, by } of rows) {
      const stepper = moving.find((s) => s.pid === pid)!;
      if (!stepper.moving) continue;
      const waited = stepper.waitsFor.length > 0;
      const others = this.steppers.filter((s) => by.includes(s.pid)).map((s) => s.index);
      stepper.waitsFor = by.includes(this.controllerPid) ? [] : others;
      if (!waited && stepper.waitsFor.length > 0) await stepper.halt(this.controller);
    }
  }
}
