/**
 * Records a history: workers call the operations of a new schema on Postgres, all at once, and the
 * log of the server says in which order their calls committed and what they changed. The seed
 * decides what each worker is inclined to call; what becomes of it is up to the machine, and no
 * two runs are the same.
 */

import { withCleanup } from "../../src/cleanup.js";
import type { Outcome } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import {
  onPostgres,
  testSettings,
  type PgSource,
  type PostgresServer,
  type Settings,
} from "../../src/postgres/server.js";
import { Beliefs } from "./beliefs.js";
import { Clock } from "./clock.js";
import { newDice } from "./dice.js";
import { drain } from "./drain.js";
import { Faults, type FaultRates } from "./faults.js";
import type { Header, History, RecordedCall } from "./history.js";
import { checkLog } from "./log.js";
import { Site } from "./site.js";
import { Tape } from "./tape.js";
import { lose, newWorker, type Worker } from "./worker.js";
import { Workload } from "./workload.js";

export interface RecordOptions {
  /** Where to record; a server that is not open yet is opened, and stopped at the end. */
  readonly source: PgSource | PostgresServer;
  readonly seed: number;
  /** How many call at once. */
  readonly workers?: number;
  /** How many calls to make before the rings are drained: 2,000, unless `seconds` are given. */
  readonly events?: number;
  /** For how long to make calls, if there are not enough of them before. */
  readonly seconds?: number;
  readonly lanes?: readonly string[];
  readonly limits?: Partial<Header["limits"]>;
  readonly slots?: Partial<NonNullable<Header["slots"]>>;
  /** SQL that is run once the schema is installed, written for the schema `ringproof`. */
  readonly amend?: string;
  /** Which calls are lost, and how often. */
  readonly faults?: FaultRates;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total?: number) => void;
}

/** A server whose log says what changed; it is read by a session, and sent to nobody. */
export const recordSettings: Settings = { ...testSettings, wal_level: "logical" };

const WORKERS = 6;
const EVENTS = 2_000;
/** The log is read whenever so many calls were made. */
const PORTION = 2_000;

export const record = (options: RecordOptions): Promise<History> =>
  recordWith(faultsOf(options), options);

const faultsOf = ({ seed, faults: rates = {} }: RecordOptions): Faults =>
  new Faults({ rates, dice: newDice(~seed) });

/** These faults, and not those of the options. */
export const recordWith = (faults: Faults, options: RecordOptions): Promise<History> =>
  onPostgres(options.source, (server) => recordOn(server, faults, options), {
    settings: recordSettings,
  });

async function recordOn(
  server: PostgresServer,
  faults: Faults,
  options: RecordOptions,
): Promise<History> {
  if (faults.kinds.includes("kill") && !server.crash) cannotKill(server);
  await checkLog(server);
  const header = headerOf(server, options);
  const site = await Site.open(server);
  return withCleanup(
    () => site.close(),
    async () => {
      const tape = await Tape.start(site, header, { amend: options.amend, faults });
      return withCleanup(
        () => tape.close(),
        () => new Recording(tape, header, faults, options).run(),
      );
    },
  );
}

function cannotKill({ description }: PostgresServer): never {
  throw new UserError(
    `${description} was not started here, and cannot be killed.`,
    "Leave --pg out to use an embedded Postgres, or record without faults of the kind kill.",
  );
}

function headerOf(server: PostgresServer, options: RecordOptions): Header {
  const { lanes = ["a", "b"], limits, slots, seed, workers = WORKERS } = options;
  return {
    ringproof: 1,
    storage: `ringproof on ${server.description}`,
    lanes: [...lanes],
    limits: { staleAfter: 2, callbackWait: 2, maxAttempts: 3, failedFloor: 2, ...limits },
    slots: { queue: 4, claim: 3, lease: 2, ...slots },
    about: { seed, workers, postgres: server.version },
  };
}

class Recording {
  private readonly tape: Tape;
  private readonly header: Header;
  private readonly options: RecordOptions;
  private readonly workload: Workload;
  private readonly clock: Clock;
  private readonly faults: Faults;
  private stopped = false;

  constructor(tape: Tape, header: Header, faults: Faults, options: RecordOptions) {
    this.tape = tape;
    this.faults = faults;
    this.header = header;
    this.options = options;
    const { lanes, slots } = header;
    const dice = newDice(options.seed);
    this.workload = new Workload({ lanes, slots: slots!, beliefs: new Beliefs(), dice });
    this.clock = new Clock(dice);
  }

  async run(): Promise<History> {
    const { tape, options } = this;
    const { seed, seconds, workers: count = WORKERS } = options;
    const ending =
      seconds === undefined ? undefined : setTimeout(() => this.stop(), seconds * 1000);
    const names = Array.from({ length: count }, (_, i) => `w${i + 1}`);
    try {
      const loops = names.map((name, i) => this.work(newWorker(name, newDice(seed + 1 + i))));
      const ends = await Promise.allSettled(loops);
      for (const end of ends) if (end.status === "rejected") throw end.reason;
    } finally {
      clearTimeout(ending);
    }
    const drained = await this.drain(names[0]!);
    await tape.check();
    const faults = { ...this.faults.counts, clock: this.clock.leaps };
    const about = { ...this.header.about, drained: drained ? "yes" : "no", ...faults };
    return { header: { ...this.header, about }, events: tape.events() };
  }

  private async drain(name: string): Promise<boolean> {
    const { tape, header, clock, faults } = this;
    const caller = await tape.caller(name);
    const make = async (call: RecordedCall): Promise<Outcome> => {
      const outcome = await caller.make(call, clock.now, faults.next(call.action));
      this.options.signal?.throwIfAborted();
      return outcome ?? (await caller.make(call, clock.now))!;
    };
    const { rows } = tape;
    return drain({ header, rows, make, catchUp: () => tape.catchUp(), pass: () => clock.pass() });
  }

  private stop(): void {
    this.stopped = true;
  }

  private get over(): boolean {
    const { events, seconds } = this.options;
    const most = events ?? (seconds === undefined ? EVENTS : Infinity);
    return this.stopped || this.faults.exhausted || this.tape.calls.made.length >= most;
  }

  /** One call after the other; when one of the workers fails, all stop. */
  private async work(worker: Worker): Promise<void> {
    const { tape, workload, clock, faults } = this;
    const caller = await tape.caller(worker.name);
    try {
      while (!this.over) {
        const call = workload.next(worker);
        const tick = clock.read(worker.late > 0);
        const outcome = await caller.make(call, tick, faults.next(call.action));
        if (outcome) workload.told(worker, call, outcome);
        else lose(worker);
        await this.made();
      }
      await caller.lookAfter();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  private async made(): Promise<void> {
    const { signal, progress, events } = this.options;
    signal?.throwIfAborted();
    const count = this.tape.calls.made.length;
    progress?.(count, events);
    if (count % PORTION === 0) await this.tape.catchUp();
  }
}
