/**
 * Steps several sessions through one schedule. Each session is a transaction of one call; a step
 * takes it from where it stands to its next breakpoint, to the end of its statement, or to a lock
 * that somebody else holds.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { between, end, idle, readUses, type Footprint, type Uses } from "./footprint.js";

/** Before its BEGIN, before its call, at a breakpoint, before its COMMIT, or at its end. */
type Stand = "begin" | "call" | "breakpoint" | "commit" | "done" | "running" | "blocked";

export interface StepMade {
  readonly session: number;
  /** What the session was about to do. */
  readonly label: string;
  /** The sessions that it waits for, if a lock is in the way. */
  readonly waitsFor: readonly number[];
  /** What it did; of a session that waits, what it had done when it was asked. */
  readonly did: () => Footprint;
}

export interface Finished {
  readonly rows: readonly Record<string, unknown>[] | null;
  readonly error: (Error & { code?: string }) | null;
}

/** Longer than this, and a session that runs is asked whether it waits for a lock. */
const PATIENCE_MS = 2;

/** Where a session works, and its number among all sessions of the server. */
export interface Place {
  readonly schema: string;
  readonly nameOf: ReadonlyMap<number, string>;
  readonly number: number;
}

/** More breakpoints than any call has. */
export const GATES = 200;

export class Stepper {
  readonly client: pg.Client;
  readonly index: number;
  readonly pid: number;
  stand: Stand = "begin";
  label = "begin";
  waitsFor: readonly number[] = [];
  finished: Finished = { rows: null, error: null };
  /** What the transaction has done up to where it stands. */
  uses: Uses | null = null;
  arrival: Promise<void> = Promise.resolve();
  readonly place: Place;
  private gate = 0;
  private call = "";
  private arrive: () => void = () => undefined;

  private constructor(client: pg.Client, pid: number, index: number, place: Place) {
    this.client = client;
    this.pid = pid;
    this.index = index;
    this.place = place;
    client.on("notice", ({ message = "" }) => this.reached(message));
  }

  static async open(client: pg.Client, index: number, place: Place): Promise<Stepper> {
    const { rows } = await client.query("select pg_backend_pid() as pid");
    await client.query(
      `create sequence if not exists "${place.schema}".gates_${place.number};
       set deadlock_timeout = '20ms'; set client_min_messages = notice;
       set breakpoint.session = ${place.number}`,
    );
    return new Stepper(client, rows[0].pid, index, place);
  }

  /** At the start of a run: a transaction that will make this call. */
  load(call: string): void {
    this.call = call;
    this.stand = "begin";
    this.label = "begin";
    this.uses = null;
    this.finished = { rows: null, error: null };
    this.waitsFor = [];
  }

  get enabled(): boolean {
    return ["begin", "call", "breakpoint", "commit"].includes(this.stand);
  }

  private reached(message: string): void {
    const [gate, label, ...footprint] = message.split(" ");
    this.gate = Number(gate);
    this.label = label!;
    this.uses = readUses(footprint.join(" "), this.place.nameOf);
    this.stand = "breakpoint";
    this.arrive();
  }

  /** Sets the session going; it has arrived when `arrival` is there. */
  async go(controller: pg.Client): Promise<void> {
    const stand = this.stand;
    this.stand = "running";
    this.arrival = new Promise((resolve) => (this.arrive = resolve));
    if (stand === "begin") void this.ask("begin", "call");
    else if (stand === "call") void this.makeCall();
    else if (stand === "commit") void this.ask(this.finished.error ? "rollback" : "commit", "done");
    else {
      if (this.gate > GATES) throw new Error(`more than ${GATES} breakpoints in ${this.call}`);
      await controller.query(`select pg_advisory_unlock(${this.place.number}, ${this.gate})`);
    }
  }

  private async ask(text: string, next: "call" | "done"): Promise<void> {
    try {
      await this.client.query(text);
    } catch (error) {
      this.finished = { ...this.finished, error: error as Error };
    }
    this.arrived(next, next);
  }

  private async makeCall(): Promise<void> {
    try {
      const { rows } = await this.client.query(this.call);
      const after = await this.client.query(`select "${this.place.schema}".footprint() as uses`);
      this.uses = readUses(after.rows[0].uses, this.place.nameOf);
      this.finished = { rows, error: null };
    } catch (error) {
      this.finished = { rows: null, error: error as Error };
    }
    this.arrived("commit", "commit");
  }

  private arrived(stand: Stand, label: string): void {
    this.stand = stand;
    this.label = label;
    this.arrive();
  }
}

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

  /** Closes every gate, and begins a run of these calls. */
  async begin(calls: readonly string[]): Promise<void> {
    const numbers = this.steppers.map(({ place }) => place.number);
    const resets = this.steppers.map(
      ({ place }) => `setval('"${place.schema}".gates_${place.number}', 1, false)`,
    );
    await this.controller.query(
      `select pg_advisory_unlock_all(), ${resets.join(", ")};
       select pg_advisory_lock(n, g)
       from unnest(array[${numbers.join()}]) n, generate_series(1, ${GATES}) g`,
    );
    this.steppers.forEach((stepper, i) => stepper.load(calls[i]!));
  }

  /** One step of one session; whoever waited for it goes on by itself, too. */
  async step(index: number): Promise<StepMade> {
    const stepper = this.steppers[index]!;
    const { label, stand, uses } = stepper;
    await stepper.go(this.controller);
    await this.settle();
    const waitsFor = stepper.stand === "blocked" ? stepper.waitsFor : [];
    const did = (): Footprint => {
      if (stand === "commit") return end(index, uses ?? new Map());
      if (stand === "begin") return idle(index);
      const step = between(index, uses, stepper.uses ?? new Map());
      return { ...step, waitedFor: waitsFor[0] ?? null };
    };
    return { session: index, label, waitsFor, did };
  }

  /** Until every session stands somewhere, or waits for one that stands. */
  private async settle(): Promise<void> {
    let asked = false;
    for (;;) {
      const running = this.steppers.filter((s) => s.stand === "running");
      const blocked = this.steppers.filter((s) => s.stand === "blocked");
      if (running.length === 0 && (blocked.length === 0 || asked)) return;
      if (running.length > 0)
        await Promise.race([Promise.all(running.map((s) => s.arrival)), sleep(PATIENCE_MS)]);
      const open = this.steppers.filter((s) => s.stand === "running" || s.stand === "blocked");
      if (open.length === 0) return;
      await this.look(open);
      asked = true;
    }
  }

  private async look(open: readonly Stepper[]): Promise<void> {
    const pids = open.map((s) => s.pid);
    const { rows } = await this.controller.query<{ pid: number; by: number[] }>(
      "select pid, pg_blocking_pids(pid) as by from unnest($1::int[]) pid",
      [pids],
    );
    for (const { pid, by } of rows) {
      const stepper = open.find((s) => s.pid === pid)!;
      if (stepper.stand !== "running" && stepper.stand !== "blocked") continue;
      const waits = by.length > 0 && !by.includes(this.controllerPid);
      stepper.stand = waits ? "blocked" : "running";
      stepper.waitsFor = waits
        ? this.steppers.filter((s) => by.includes(s.pid)).map((s) => s.index)
        : [];
    }
  }
}
