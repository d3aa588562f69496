/**
 * One session of a schedule: a transaction of one call. A step takes it from where it stands to its
 * next breakpoint, to the end of its statement, or to a lock that somebody else holds. Steps that
 * follow each other are made in one go: the gates on the way are opened before it comes to them.
 */

import type pg from "pg";
import type { Policy } from "./instrument.js";
import { between, end, idle, readUses, type Footprint, type Uses } from "./footprint.js";

/** Before its BEGIN, before its call, at a breakpoint, before its COMMIT, or at its end. */
type Stand = "begin" | "call" | "breakpoint" | "commit" | "done";

export interface Finished {
  readonly rows: readonly Record<string, unknown>[] | null;
  readonly error: (Error & { code?: string }) | null;
}

/** Where a session works, and its number among all sessions of the server. */
export interface Place {
  readonly schema: string;
  readonly nameOf: ReadonlyMap<number, string>;
  readonly number: number;
  /** Labels of statements that take locks without waiting. */
  readonly tries: ReadonlyMap<string, Policy>;
}

/** No call has so many breakpoints. */
const NO_GATE = 10_000;

/** Where a session stands, what it is about to do there, and what it has done so far. */
export interface Stop {
  readonly stand: Stand;
  readonly label: string;
  readonly uses: Uses | null;
}

export class Stepper {
  readonly client: pg.Client;
  readonly index: number;
  readonly pid: number;
  readonly place: Place;
  finished: Finished = { rows: null, error: null };
  /** The sessions that it waits for. */
  waitsFor: readonly number[] = [];
  /** The table that it waits for a lock on, if it is that. */
  waitsOn: string | null = null;
  /** Whether it is on its way to the end of a step. */
  moving = false;
  arrival: Promise<void> = Promise.resolve();
  /** Everywhere it has stood in this run. */
  readonly trail: Stop[] = [];
  private call = "";
  /** The last gate that it came to, and the one at which it stops: the scheduler holds that one. */
  private gate = 0;
  private stopAt = 1;
  /** Steps that it still has to make. */
  private left = 0;
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
    const gates = `"${place.schema}".gates_${place.number}`;
    const stops = `"${place.schema}".stops_${place.number}`;
    await client.query(
      `create sequence if not exists ${gates}; create sequence if not exists ${stops};
       set deadlock_timeout = '20ms'; set client_min_messages = notice;
       select set_config('breakpoint.gates', '${gates}'::regclass::oid::text, false),
              set_config('breakpoint.stops', '${stops}'::regclass::oid::text, false);
       set breakpoint.session = ${place.number}`,
    );
    return new Stepper(client, rows[0].pid, index, place);
  }

  /** At the start of a run: a transaction that will make this call. */
  load(call: string): void {
    this.call = call;
    this.gate = 0;
    this.stopAt = 1;
    this.finished = { rows: null, error: null };
    this.waitsFor = [];
    this.trail.splice(0, this.trail.length, { stand: "begin", label: "begin", uses: null });
  }

  get at(): Stop {
    return this.trail.at(-1)!;
  }

  get enabled(): boolean {
    return !this.moving && this.at.stand !== "done";
  }

  /** Sets the session going, for so many steps; it has made them when `arrival` is there. */
  async go(controller: pg.Client, steps: number): Promise<void> {
    this.left = steps;
    this.moving = true;
    this.arrival = new Promise((resolve) => (this.arrive = resolve));
    const { stand } = this.at;
    if (stand !== "commit")
      await this.letPass(controller, this.gate + steps - (stand === "begin" ? 1 : 0));
    if (stand !== "breakpoint") this.goOn();
  }

  /** So that it stops at the next gate, whatever it was told before. */
  async halt(controller: pg.Client): Promise<void> {
    this.left = 1;
    await this.letPass(controller, this.gate + 1);
  }

  /** To its end, past every gate. */
  async finish(controller: pg.Client): Promise<void> {
    if (this.at.stand === "done") return;
    await this.go(controller, Infinity);
    await this.arrival;
  }

  /** Up to this gate, at which it stops. */
  private async letPass(controller: pg.Client, gate: number): Promise<void> {
    const { stopAt, place } = this;
    this.stopAt = Math.min(Math.max(gate, 1), NO_GATE);
    if (this.stopAt === stopAt) return;
    await controller.query(
      `select pg_advisory_lock(${place.number}, ${this.stopAt}),
              setval('"${place.schema}".stops_${place.number}', ${this.stopAt}),
              pg_advisory_unlock(${place.number}, ${stopAt})`,
    );
  }

  private reached(message: string): void {
    const [gate, label, ...footprint] = message.split(" ");
    this.gate = Number(gate);
    const uses = readUses(footprint.join(" "), this.place.nameOf);
    this.stop({ stand: "breakpoint", label: label!, uses });
  }

  private stop(at: Stop): void {
    this.trail.push(at);
    this.left--;
    if (at.stand !== "done" && this.left > 0) {
      if (at.stand !== "breakpoint") this.goOn();
      return;
    }
    this.moving = false;
    this.waitsFor = [];
    this.arrive();
  }

  private goOn(): void {
    const { stand, uses } = this.at;
    const called: Stop = { stand: "call", label: "call", uses };
    if (stand === "begin" && this.left > 1) {
      this.trail.push(called);
      this.left--;
      void this.makeCall("begin;");
    } else if (stand === "begin") void this.ask("begin", called);
    else if (stand === "call") void this.makeCall();
    else {
      const text = this.finished.error ? "rollback" : "commit";
      void this.ask(text, { stand: "done", label: "done", uses });
    }
  }

  private async ask(text: string, next: Stop): Promise<void> {
    try {
      await this.client.query(text);
    } catch (error) {
      this.finished = { rows: null, error: error as Error };
    }
    this.stop(next);
  }

  private async makeCall(before = ""): Promise<void> {
    let { uses } = this.at;
    const after = `select "${this.place.schema}".footprint() as uses`;
    try {
      const results = await this.client.query(`${before} ${this.call}; ${after}`);
      const [answer, did] = (results as unknown as readonly pg.QueryResult[]).slice(-2);
      uses = readUses(did!.rows[0].uses, this.place.nameOf);
      this.finished = { rows: answer!.rows, error: null };
    } catch (error) {
      uses = this.at.uses;
      this.finished = { rows: null, error: error as Error };
    }
    this.stop({ stand: "commit", label: "commit", uses });
  }

  /** What it did between where it stood then and where it stood, or will stand, next. */
  did(at: number, waitedFor: number | null): Footprint {
    const { stand, label, uses } = this.trail[at]!;
    if (stand === "commit") return end(this.index, uses ?? new Map());
    if (stand === "begin") return idle(this.index);
    const after = this.trail[at + 1]?.uses ?? uses ?? new Map();
    const step = between(this.index, uses, after);
    // Of rows that it passes over it has scanned the table.
    const failed = this.place.tries.get(label) === "nowait" && step.locks.length === 0;
    return { ...step, failed, waitedFor };
  }
}
