/**
 * One session of a schedule: a transaction of one call. A step takes it from where it stands to its
 * next breakpoint, to the end of its statement, or to a lock that somebody else holds. Steps that
 * follow each other are made in one go: the gates on the way are opened before it comes to them.
 */

import type pg from "pg";
import type { Policy } from "./instrument.js";
import { between, end, idle, readUses, type Footprint, type Uses } from "./footprint.js";
import { give, letThrough, otherDoor, type Ordered, type Orders } from "./orders.js";

/** Before its BEGIN, before its call, at a breakpoint, before its COMMIT, or at its end. */
type Stand = "begin" | "call" | "breakpoint" | "commit" | "done";

export interface Finished {
  readonly rows: readonly Record<string, unknown>[] | null;
  readonly error: (Error & { code?: string }) | null;
}

/** Where a session works, its place in its runs, and its number among all of the server. */
export interface Place {
  readonly schema: string;
  readonly nameOf: ReadonlyMap<number, string>;
  readonly index: number;
  readonly number: number;
  /** Labels of statements that take locks without waiting. */
  readonly tries: ReadonlyMap<string, Policy>;
}

/** Where a session stands, what it is about to do there, and what it has done so far. */
export interface Stop {
  readonly stand: Stand;
  readonly label: string;
  /** Null before it has done anything; empty where it did not tell. */
  readonly uses: Uses | null;
}

/** Counts its gates, and has the orders for it. */
const sequencesOf = ({ schema, number }: Place): readonly [gates: string, orders: string] => [
  `"${schema}".gates_${number}`,
  `"${schema}".orders_${number}`,
];

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
  /** When it last came to a gate: a time of `performance`. */
  seenAt = 0;
  /** Everywhere it has stood in this run. */
  readonly trail: Stop[] = [];
  private call = "";
  /** The last gate that it came to. */
  private gate = 0;
  private orders: Orders = { stop: 1, door: 0 };
  /** Steps that it still has to make. */
  private left = 0;
  private arrive: () => void = () => undefined;

  private constructor(client: pg.Client, pid: number, place: Place) {
    this.client = client;
    this.pid = pid;
    this.index = place.index;
    this.place = place;
    client.on("notice", ({ message = "" }) => this.reached(message));
  }

  /** The first door is closed from here on. */
  static async open(controller: pg.Client, client: pg.Client, place: Place): Promise<Stepper> {
    const { rows } = await client.query("select pg_backend_pid() as pid");
    const [gates, orders] = sequencesOf(place);
    await client.query(
      `create sequence if not exists ${gates}; create sequence if not exists ${orders};
       set deadlock_timeout = '20ms'; set prune.lock_timeout = '10s';
       set client_min_messages = notice;
       select set_config('breakpoint.gates', '${gates}'::regclass::oid::text, false),
              set_config('breakpoint.orders', '${orders}'::regclass::oid::text, false);
       set breakpoint.session = ${place.number}`,
    );
    await controller.query("select pg_advisory_lock($1, 0)", [place.number]);
    return new Stepper(client, rows[0].pid, place);
  }

  /** At the start of a run: a transaction that will make this call. */
  load(call: string): void {
    this.call = call;
    this.gate = 0;
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

  /**
   * Sets the session going, for so many steps; it has made them when `arrival` is there. Of those
   * that are known it does not tell what it did, but at the last two, so that what follows shows.
   */
  async go(controller: pg.Client, steps: number, known = 0): Promise<void> {
    this.left = steps;
    this.moving = true;
    this.arrival = new Promise((resolve) => (this.arrive = resolve));
    const { stand } = this.at;
    const behind = stand === "begin" ? this.gate - 1 : this.gate;
    const orders = { stop: behind + steps, tell: behind + known - 1 };
    if (stand === "breakpoint") return this.letPass(controller, orders);
    this.orders = { ...this.orders, ...orders };
    this.goOn();
  }

  /** So that it stops at the next gate, whatever it was told before. */
  async halt(controller: pg.Client): Promise<void> {
    this.left = 1;
    await this.letPass(controller, { stop: this.gate + 1 });
  }

  /** To its end, past every gate. */
  async finish(controller: pg.Client): Promise<void> {
    if (this.at.stand === "done") return;
    await this.go(controller, Infinity);
    await this.arrival;
  }

  /** Through the door where it stops, and on to the other one. */
  private async letPass(controller: pg.Client, orders: Omit<Orders, "door">): Promise<void> {
    this.orders = { ...orders, door: otherDoor(this.orders.door) };
    await controller.query(letThrough(this.ordered, this.orders));
  }

  private get ordered(): Ordered {
    const [, sequence] = sequencesOf(this.place);
    return { number: this.place.number, sequence };
  }

  private reached(message: string): void {
    const [gate, label, ...footprint] = message.split(" ");
    this.gate = Number(gate);
    this.seenAt = performance.now();
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
    const [gates] = sequencesOf(this.place);
    const orders = `select setval('${gates}', 1, false), ${give(this.ordered, this.orders)}`;
    const after = `select "${this.place.schema}".footprint() as uses`;
    try {
      const results = await this.client.query(`${before} ${orders}; ${this.call}; ${after}`);
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
