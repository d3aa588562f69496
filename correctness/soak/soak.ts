/**
 * Workers call for minutes or hours at a real rate, and whatever can be lost is lost now and then;
 * then all that is left is done, and accounts are compared: a ledger outside Postgres of what
 * callers were told, and what Postgres has.
 */

import { withCleanup } from "../../src/cleanup.js";
import { UserError } from "../../src/errors.js";
import { onPostgres, type PgSource, type PostgresServer } from "../../src/postgres/server.js";
import { newDice } from "../trace/dice.js";
import { placesByFunction } from "../trace/fault-places.js";
import { faultKinds, Faults, lostIn, Places } from "../trace/faults.js";
import { LostCalls } from "../trace/lost-calls.js";
import { Outages } from "../trace/outages.js";
import { Site } from "../trace/site.js";
import { closeAccounts, type Times } from "./accounts.js";
import { LeapingClock } from "./clock.js";
import { Crew } from "./crew.js";
import { Dispatch } from "./dispatch.js";
import { HandOuts } from "./hand-outs.js";
import { Ledger } from "./ledger.js";
import type { RingSizes } from "./maintainer.js";
import { Observer } from "./observer.js";
import { Pace, Recoveries } from "./recovery.js";
import { settingsFor, usualRings } from "./settings.js";
import type { Soaked } from "./soaked.js";
import { Sizes } from "./sizes.js";
import { oftenFor, Timetable, type Often } from "./timetable.js";
import { lanes, type World } from "./world.js";
import { Wrongs, type Wrong } from "./wrongs.js";

export interface SoakOptions {
  /** A server that is not open yet is opened, and stopped at the end. */
  readonly source: PgSource | PostgresServer;
  readonly seconds: number;
  /** Jobs a second. */
  readonly rate: number;
  readonly workers: number;
  readonly seed: number;
  /** Seconds between faults; `oftenFor` the time, unless given. */
  readonly often?: Often;
  /** Seconds after which work must have gone on after a fault; a minute, unless given. */
  readonly patience?: number;
  /** How many slots the rings have; as many as usual, unless given. */
  readonly rings?: RingSizes;
  /** SQL that is run once the schema is installed, written for the schema `ringproof`. */
  readonly amend?: string;
  /** What keeps the ledger. */
  readonly ledger?: (wrongs: Wrongs) => Ledger;
  readonly signal?: AbortSignal;
  readonly progress?: (what: string, done: number, total?: number) => void;
}

export const soak = (options: SoakOptions): Promise<Soaked> =>
  onPostgres(options.source, (server) => soakOn(server, options), {
    settings: settingsFor(options.workers),
  });

async function soakOn(server: PostgresServer, options: SoakOptions): Promise<Soaked> {
  const site = await Site.open(server, "soak");
  return withCleanup(
    () => site.close(),
    () => new Soak(site, options).run(),
  );
}

const SETTLE_MS = 30_000;
const PATIENCE = 60;

class Soak {
  private readonly site: Site;
  private readonly options: SoakOptions;
  private readonly wrongs = new Wrongs(() => this.stop());
  private readonly sizes = new Sizes();
  private readonly places = new Places(placesByFunction());
  private readonly outages: Outages;
  private readonly world: World;
  private readonly crew: Crew;
  private readonly rings: RingSizes;
  private readonly spared: string | null;
  private ended = 0;
  private left = 0;

  constructor(site: Site, options: SoakOptions) {
    const { seed, seconds, workers, rate, ledger: open = (wrongs) => new Ledger(wrongs) } = options;
    const { kill, ...others } = options.often ?? oftenFor(seconds);
    const mortal = site.server.crash !== undefined && kill !== undefined;
    const often = { ...others, ...(mortal && { kill }) };
    this.site = site;
    this.options = options;
    this.outages = new Outages(site.server);
    this.spared =
      mortal || kill === undefined ? null : `${site.server.description} was not started here`;
    const lost = faultKinds.filter((kind) => often[kind] !== undefined);
    const dice = newDice(~seed);
    const faults = new Faults({ rates: lostIn(lost, 1), dice, places: this.places });
    const ledger = open(this.wrongs);
    this.world = {
      schema: site.schema,
      seed,
      started: performance.now(),
      patience: 1_000 * (options.patience ?? PATIENCE),
      ledger,
      handOuts: new HandOuts(ledger),
      dispatch: new Dispatch(this.wrongs),
      claimers: { slots: Math.max(2, Math.ceil(workers / 3)), ttl: 4_000, idle: 1_000 },
      clock: new LeapingClock(),
      around: { outages: this.outages, faults, kill: () => this.kill() },
      timetable: new Timetable(faults, often, newDice(seed)),
      recoveries: new Recoveries(),
      pace: new Pace(),
      lost: new LostCalls(),
      lostClaims: [],
      lanes: [],
      prunedAt: 0,
      calls: 0,
      over: false,
      signal: options.signal,
    };
    this.rings = options.rings ?? usualRings;
    const { rings, sizes } = this;
    this.crew = new Crew({ world: this.world, workers, rate, rings, sizes });
  }

  private stop(): void {
    this.world.over = true;
  }

  private kill(): Promise<void> {
    const { world, site, outages } = this;
    return outages.begin(async () => {
      world.around.faults.count("kill");
      world.pace.whenBack(world.recoveries.begin("kill"));
      await site.server.crash!();
      await site.reconnect();
    });
  }

  async run(): Promise<Soaked> {
    const { site, crew, options, world } = this;
    const { queue: queueSlots, claim: claimSlots, lease: leaseSlots } = this.rings;
    await site.install({ queueSlots, claimSlots, leaseSlots });
    const faults = world.around.faults.inside;
    await site.amend({ amend: options.amend, faults });
    return withCleanup(
      () => crew.close(),
      async () => {
        const observer = new Observer(await crew.part("observer"), this.sizes);
        await observer.ensureLanes(lanes);
        await this.work(observer);
        await this.settle(observer);
        this.missed();
        const progress = options.progress ?? (() => undefined);
        const { sizes, rings } = this;
        const closing = { world, crew, observer, rings, sizes, progress };
        return this.result(observer, this.wrongs.any ? null : await closeAccounts(closing));
      },
    );
  }

  private async work(observer: Observer): Promise<void> {
    const { options, world, crew } = this;
    const { seconds, rate, signal, progress } = options;
    const stop = () => this.stop();
    const ending = setTimeout(stop, seconds * 1_000);
    const tell = setInterval(() => progress?.("jobs ended", this.jobsEnded, rate * seconds), 500);
    signal?.addEventListener("abort", stop);
    try {
      await crew.work(observer);
    } finally {
      clearTimeout(ending);
      clearInterval(tell);
      signal?.removeEventListener("abort", stop);
      world.timetable.stop();
      this.ended = performance.now();
      this.left = world.ledger.count("alive");
    }
    signal?.throwIfAborted();
  }

  private get jobsEnded(): number {
    const { ledger } = this.world;
    return ledger.entered.completed + ledger.count("failed") + ledger.count("cancelled");
  }

  /** Until every lost call is done, or never will be. */
  private async settle(observer: Observer): Promise<void> {
    const { lost, lostClaims } = this.world;
    for (const end = Date.now() + SETTLE_MS; Date.now() < end;) {
      await observer.endLost();
      if (lost.count === 0 && lostClaims.length === 0) return;
      await observer.wait();
    }
    throw new UserError(
      "Postgres still has sessions whose connections were cut some time ago.",
      "Connect to Postgres itself, and not to a pooler.",
    );
  }

  /** A check of what does not happen is none. */
  private missed(): void {
    const { world, options, wrongs } = this;
    for (const kind of wrongs.any ? [] : world.timetable.surely(options.seconds))
      if (world.recoveries.of(kind).count === 0)
        wrongs.add("recovery", `there was no fault of the kind ${kind} to recover from`);
  }

  private async result(observer: Observer, closed: Times | null): Promise<Soaked> {
    const { world, sizes, crew, places, spared } = this;
    const { ledger, handOuts, dispatch, recoveries } = world;
    const wrongs: Wrong[] = [];
    for (const { job, lines, ...wrong } of this.wrongs.told) {
      const more = job ? await observer.evidence(job) : [];
      wrongs.push({ ...wrong, job, lines: [...lines, ...more] });
    }
    return {
      ...{ ledger, handOuts, dispatch, recoveries, sizes, closed, spared },
      left: this.left,
      turned: crew.turned,
      calls: world.calls,
      seconds: (this.ended - world.started) / 1_000,
      places: places.reached("terminate"),
      wrongs,
      unclear: observer.look.unclear.length,
    };
  }
}
