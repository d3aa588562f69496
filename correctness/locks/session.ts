/**
 * A session whose calls are watched: at every breakpoint it reports what it holds; stopped, it also
 * waits there until it is let on.
 */

import type pg from "pg";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import {
  give,
  letThrough,
  NO_GATE,
  otherDoor,
  type Door,
  type Ordered,
} from "../interleave/orders.js";
import type { Layout } from "./situation.js";

/** What `footprint()` of recorder.sql says. */
interface Footprint {
  /** How long the next statement waits for a lock; 0 for ever. */
  readonly timeout: string;
  readonly relations: readonly (readonly [relation: number, mode: string])[];
  readonly advisory: readonly (readonly [number, number])[];
  /** The rows that are left of each table that it has inserted into or deleted from. */
  readonly written: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
}

/** Behind which label, what the session holds. */
export interface Report extends Footprint {
  readonly label: string;
}

export interface Place {
  readonly server: PostgresServer;
  readonly schema: string;
  /** Tells its gates from those of others on the same server. */
  readonly number: number;
  readonly controller: pg.Client;
  readonly layout: Layout;
  /** For each sequence, the id that comes next. */
  readonly next: Readonly<Record<string, number>>;
}

/** New jobs and lanes get the same ids in every call: those that come after what is there. */
export const rewound = ({ schema, next }: Pick<Place, "schema" | "next">): string =>
  Object.entries(next)
    .map(([sequence, id]) => `setval('"${schema}".${sequence}', ${id}, false)`)
    .join(", ")
    .replace(/^/, "select ");

const plansKept =
  "select count(*)::int as plans from pg_backend_memory_contexts where name = 'CachedPlan'";

const byHash = ["indexscan", "bitmapscan", "nestloop", "mergejoin", "sort"]
  .map((method) => `set enable_${method} = off; `)
  .join("");

/** What the last report, at the end of a call, is called. */
export const END = "end";

export class Session {
  readonly pid: number;
  reports: Report[] = [];
  error: Error | null = null;
  /** How many plans it kept after its last call; one made for a single call is not kept. */
  plans = 0;
  private readonly client: pg.Client;
  private readonly place: Place;
  private running = false;
  private wake: () => void = () => undefined;
  /** Where it stops, at every breakpoint. */
  private door: Door = 0;

  private constructor(client: pg.Client, pid: number, place: Place) {
    this.client = client;
    this.pid = pid;
    this.place = place;
    client.on("notice", ({ message = "" }) => this.reached(message));
  }

  /** A fresh one: it has planned nothing yet, but how not to stop. */
  static async open(place: Place): Promise<Session> {
    const client = await connect(place.server);
    const { rows } = await client.query("select pg_backend_pid() as pid");
    await client.query(
      `${place.layout.hashed ? byHash : ""}select "${place.schema}".breakpoint('');
       set client_min_messages = notice; set breakpoint.session = ${place.number};
       select set_config('breakpoint.' || k, to_regclass(
                format('%I.%s_%s', '${place.schema}', k, ${place.number}))::oid::text, false)
       from unnest(array['gates', 'orders']) k`,
    );
    return new Session(client, rows[0].pid, place);
  }

  close(): Promise<void> {
    return this.client.end();
  }

  /** The call from its beginning to its end and back, without a report. */
  async repeat(call: string): Promise<void> {
    const number = `set breakpoint.session = ${this.place.number}`;
    await this.ask(`set breakpoint.session = ''; begin; ${call}; rollback; ${number}`);
  }

  /** The same with its reports, but without a stop. */
  async pass(call: string): Promise<readonly Report[]> {
    this.reports = [];
    const { schema } = this.place;
    const orders = `select ${give(this.ordered, { stop: NO_GATE, door: 0 })}`;
    const text = `${orders}; begin; ${call}; select "${schema}".footprint() as footprint; rollback`;
    const rows = await this.ask(text);
    this.end(String(rows.find((row) => "footprint" in row)!["footprint"]));
    return this.reports;
  }

  private get rewound(): string {
    return rewound(this.place);
  }

  /** Several statements, and then how many plans the session keeps for later calls. */
  private async ask(text: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const results = await this.client.query(`${text}; ${this.rewound}; ${plansKept}`);
    const rows = (results as unknown as pg.QueryResult[]).flatMap((result) => result.rows);
    this.plans = Number(rows.at(-1)!["plans"]);
    return rows;
  }

  /** Begins a transaction and goes to the first breakpoint of the call. */
  async start(call: string): Promise<void> {
    await this.prepare();
    await this.client.query("begin");
    this.running = true;
    void this.make(call);
    await this.arrival();
  }

  get ended(): boolean {
    return !this.running;
  }

  get at(): Report {
    return this.reports.at(-1)!;
  }

  private get ordered(): Ordered {
    const { schema, number } = this.place;
    return { number, sequence: `"${schema}".orders_${number}` };
  }

  /** Opens the door where it stands, once the other one is closed. */
  async leave(): Promise<void> {
    this.seen = this.reports.length;
    this.door = otherDoor(this.door);
    await this.place.controller.query(letThrough(this.ordered, { stop: 1, door: this.door }));
  }

  /** How many reports there were when it was let on. */
  private seen = 0;

  private get arrived(): boolean {
    return !this.running || this.reports.length > this.seen;
  }

  /**
   * Until it stands at its next breakpoint or has ended, or waits for one of these sessions:
   * that one, or null.
   */
  async next(others: readonly number[]): Promise<number | null> {
    // A wait that a timeout ends is none.
    if (others.length === 0 || this.at.timeout !== "0") {
      await this.arrival();
      return null;
    }
    for (;;) {
      const by = (await this.waitsFor()).find((pid) => others.includes(pid));
      if (this.arrived) return null;
      if (by !== undefined) return by;
    }
  }

  private async waitsFor(): Promise<readonly number[]> {
    const { rows } = await this.place.controller.query<{ by: number[] }>(
      `select pg_blocking_pids(${this.pid}) as by`,
    );
    return rows[0]!.by;
  }

  /** Lets it go to its end, and takes everything back. */
  async rollback(): Promise<void> {
    await this.place.controller.query("select pg_advisory_unlock_all()");
    while (this.running) {
      this.seen = this.reports.length;
      await this.arrival();
    }
    const results = await this.client.query(`rollback; ${this.rewound}; ${plansKept}`);
    this.plans = (results as unknown as pg.QueryResult[])[2]!.rows[0].plans;
  }

  private async prepare(): Promise<void> {
    const { controller, number } = this.place;
    this.reports = [];
    this.error = null;
    this.door = 0;
    this.seen = 0;
    await controller.query(
      `select pg_advisory_unlock_all(), pg_advisory_lock(${number}, 0),
              ${give(this.ordered, { stop: 1, door: 0 })}`,
    );
  }

  private async make(call: string): Promise<void> {
    try {
      await this.client.query(call);
      const { schema } = this.place;
      const { rows } = await this.client.query(`select "${schema}".footprint() as footprint`);
      this.end(rows[0].footprint);
    } catch (error) {
      this.error = error as Error;
      this.end(JSON.stringify({ timeout: "0", relations: [], advisory: [], written: {} }));
    }
    this.running = false;
    this.wake();
  }

  private end(footprint: string): void {
    this.reports.push({ label: END, ...(JSON.parse(footprint) as Footprint) });
  }

  private reached(message: string): void {
    const [, label, footprint] = /^\d+ (\S+) (.*)$/s.exec(message) ?? [];
    if (label === undefined) return;
    this.reports.push({ label, ...(JSON.parse(footprint!) as Footprint) });
    this.wake();
  }

  private arrival(): Promise<void> {
    if (this.arrived) return Promise.resolve();
    return new Promise((resolve) => (this.wake = resolve));
  }
}
