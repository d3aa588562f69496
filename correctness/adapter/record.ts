/**
 * Records a history of a storage: workers call it all at once, and some of their sessions are
 * terminated in the middle of a call, so that nobody knows what became of it.
 */

import type pg from "pg";
import { UserError } from "../../src/errors.js";
import type { Outcome } from "../../src/memory/index.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { describe } from "../lockstep/calling.js";
import { formatCall } from "../report/calls.js";
import { Beliefs } from "../trace/beliefs.js";
import { Clock } from "../trace/clock.js";
import { newDice, type Dice } from "../trace/dice.js";
import type { Event, History, RecordedCall } from "../trace/history.js";
import { lose, newWorker, type Worker } from "../trace/worker.js";
import { Workload } from "../trace/workload.js";
import { lanes } from "./lockstep.js";
import type { Site } from "./site.js";
import { limitsOf, make, offers, situation } from "./storage.js";

export interface RecordOptions {
  readonly seed: number;
  /** Calls to make. */
  readonly events: number;
  /** For so long at most. */
  readonly seconds?: number | undefined;
  readonly workers: number;
  /** One call in so many is meant to be lost. */
  readonly lost: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((events: number, of?: number) => void) | undefined;
}

const pidOf = async (client: pg.Client): Promise<number> =>
  (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]!.pid;

/** A worker's connection, and another one, from which it can be ended. */
class Line {
  private readonly server: PostgresServer;
  private readonly controller: pg.Client;
  private client: pg.Client;
  private pid: number;

  private constructor(
    server: PostgresServer,
    controller: pg.Client,
    client: pg.Client,
    pid: number,
  ) {
    this.server = server;
    this.controller = controller;
    this.client = client;
    this.pid = pid;
  }

  static async open(server: PostgresServer): Promise<Line> {
    const controller = await connect(server);
    const client = await connect(server);
    return new Line(server, controller, client, await pidOf(client));
  }

  get now(): pg.Client {
    return this.client;
  }

  /** Ends the connection, if nobody has, and opens another one when nothing of it is left. */
  async renew(): Promise<void> {
    await this.client.end().catch(() => undefined);
    const text = "select from pg_stat_activity where pid = $1";
    while ((await this.controller.query(text, [this.pid])).rowCount! > 0);
    this.client = await connect(this.server);
    this.pid = await pidOf(this.client);
  }

  /** Ends it from outside, at any moment of what it does. */
  async terminate(): Promise<void> {
    await this.controller.query("select pg_terminate_backend($1)", [this.pid]);
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
    await this.controller.end().catch(() => undefined);
  }
}

class Recording {
  readonly events: Event[] = [];
  private readonly site: Site;
  private readonly options: RecordOptions;
  private readonly workload: Workload;
  private readonly clock: Clock;
  private readonly until: number;
  private instant = 0;
  private stopped = false;

  constructor(site: Site, options: RecordOptions) {
    const { storage } = site;
    const { slots: size = 1 } = storage;
    const dice = newDice(options.seed);
    this.site = site;
    this.options = options;
    this.clock = new Clock(dice);
    this.until = performance.now() + (options.seconds ?? Infinity) * 1000;
    this.workload = new Workload({
      lanes,
      slots: { queue: size, claim: size, lease: size },
      beliefs: new Beliefs(),
      dice,
      offers: (action) => offers(storage, action),
    });
  }

  /** One call after the other; when one of the workers fails, all stop. */
  async work(worker: Worker): Promise<void> {
    const line = await Line.open(this.site.server);
    try {
      while (!this.over) {
        await this.one(worker, line);
        this.options.signal?.throwIfAborted();
        this.options.progress?.(this.events.length, this.options.events);
      }
    } catch (error) {
      this.stopped = true;
      throw error;
    } finally {
      await line.close();
    }
  }

  private get over(): boolean {
    const { stopped, until, events, options } = this;
    return stopped || performance.now() > until || events.length >= options.events;
  }

  private async one(worker: Worker, line: Line): Promise<void> {
    const { site, workload, clock } = this;
    const call = workload.next(worker);
    const tick = clock.read(worker.late > 0);
    const at = this.events.length;
    const began = { id: at, worker: worker.name, tick, ...call, call: this.instant++ };
    // Its place is taken now: calls are in the order of their beginnings.
    this.events.push({ ...began, return: null, outcome: null } as Event);
    const fault = this.fault(worker.dice);
    const ending = fault === "terminated" ? line.terminate() : null;
    const { outcome, error } = await attempted(() =>
      make(site.storage, call, situation(line.now, site.schema, tick)),
    );
    if (error && !(ending && error instanceof UserError)) throw new Refused(call, describe(error));
    if (outcome && fault !== "answer lost") {
      this.events[at] = { ...began, return: this.instant++, outcome } as Event;
      workload.told(worker, call, outcome);
    }
    if (!fault) return;
    await ending;
    await line.renew();
    if (outcome && ending) return;
    const unknown = { return: null, outcome: null, fault, gone: this.instant++ };
    this.events[at] = { ...began, ...unknown } as Event;
    lose(worker);
  }

  /** What is to become of a call: its session is ended meanwhile, or its answer comes to nobody. */
  private fault(dice: Dice): "terminated" | "answer lost" | null {
    const { lost } = this.options;
    if (lost === Infinity || dice(lost) > 0) return null;
    return dice(2) === 0 ? "answer lost" : "terminated";
  }
}

/** What a call answers, or the error that it ends with. */
const attempted = (call: () => Promise<Outcome>) =>
  call().then(
    (outcome) => ({ outcome, error: null }),
    (error: unknown) => ({ outcome: null, error }),
  );

/** A storage that answers a call with an error. */
export class Refused extends UserError {
  constructor(call: RecordedCall, message: string) {
    super(
      `${formatCall(call)} raises an error: ${message}.`,
      "A refusal is an answer, and what workers would try again, the operation tries again.",
    );
  }
}

export async function recordHistory(site: Site, options: RecordOptions): Promise<History> {
  const { storage, server } = site;
  const { seed, workers } = options;
  const recording = new Recording(site, options);
  const names = Array.from({ length: workers }, (_, i) => `w${i + 1}`);
  const loops = names.map((name, i) => recording.work(newWorker(name, newDice(seed + 1 + i))));
  for (const end of await Promise.allSettled(loops))
    if (end.status === "rejected") throw end.reason;
  const about = { seed, workers, postgres: server.version };
  const header = { ringproof: 1, storage: storage.name, lanes, limits: limitsOf(storage), about };
  return { header: header as History["header"], events: recording.events };
}
