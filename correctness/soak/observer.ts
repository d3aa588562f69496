/**
 * Looks on, and is never lost but with the server: what became of lost calls, what Postgres shows
 * of every job and how it counts them, how large the tables are, and whether work goes on.
 */

import { Actor, type Part } from "./actor.js";
import { compareCounts } from "./counts.js";
import { evidenceOf } from "./evidence.js";
import type { Told } from "./hand-outs.js";
import type { Job } from "./job.js";
import { Look, shownBy, type LookOptions, type Shown } from "./look.js";
import { sizeOf, type Sizes } from "./sizes.js";
import { terms } from "./world.js";

const PAUSE_MS = 100;
const SIZE_MS = 1_000;
const LOOK_MS = 3_000;
/** So many times as long as a look at all jobs takes, there is none. */
const REST = 15;
const REST_URGENT = 4;

export class Observer extends Actor {
  readonly look: Look;
  private readonly sizes: Sizes;
  private sized = 0;
  private next = performance.now() + LOOK_MS;
  /** Jobs of which nobody can tell how they ended once they are forgotten. */
  private readonly urgent = new Set<Job>();
  private nextUrgent = 0;

  constructor(part: Part, sizes: Sizes) {
    super(part);
    this.sizes = sizes;
    this.look = new Look(this.world.ledger);
  }

  async ensureLanes(all: readonly (readonly [string, number, number])[]): Promise<void> {
    for (const lane of all) this.world.lanes.push(await this.storage.ensureLane(...lane));
  }

  evidence(job: Job): Promise<readonly string[]> {
    return evidenceOf(this.connection.client, this.world.schema, job);
  }

  wait(): Promise<void> {
    return this.pause(PAUSE_MS);
  }

  protected async step(): Promise<void> {
    const now = performance.now();
    const { timetable, recoveries, clock, pace, ledger, patience } = this.world;
    if (timetable.take("clock")) {
      pace.whenBack(recoveries.begin("clock"));
      clock.leap(this.dice);
    }
    for (const kind of recoveries.late(patience))
      ledger.wrong("recovery", `${patience / 1_000} s after a fault (${kind}) it is not over`);
    await this.endLost();
    if (now - this.sized > SIZE_MS) await this.measure(now);
    if (now > this.next) {
      await this.lookAtAll();
      const after = performance.now();
      this.next = after + Math.max(LOOK_MS, REST * (after - now));
    }
    await this.pause(PAUSE_MS);
  }

  /** Calls of which the sessions have come to an end. */
  async endLost(): Promise<void> {
    const { lost, lostClaims, handOuts } = this.world;
    const ended = await this.connection.ended(lost);
    const jobs = new Set(ended.flatMap((over) => over() ?? []));
    for (const job of jobs) if (this.look.isUrgent(job)) this.urgent.add(job);
    await this.lookAtUrgent();
    for (const call of lostClaims.splice(0)) {
      const tokens = await this.receiptsOf(call.now);
      if (tokens) handOuts.lost(call, tokens);
      else lostClaims.push(call);
    }
  }

  /** A look is in the way of prunes for as long as it takes. */
  private async lookAtUrgent(): Promise<void> {
    const now = performance.now();
    if (this.urgent.size === 0 || now < this.nextUrgent) return;
    const only = [...this.urgent];
    this.urgent.clear();
    await this.lookOnce({ only });
    const after = performance.now();
    this.nextUrgent = after + REST_URGENT * (after - now);
  }

  /** What was handed out by a claim that said that it is this time. */
  private async receiptsOf(time: number): Promise<readonly Told[] | null> {
    const { schema } = this.world;
    const found = await this.ask("lease_claims", () =>
      this.connection.query(
        `select m.job_id::text as "jobId", m.run_lease as "runLease"
         from "${schema}".lease_claims c
         cross join lateral unnest(c.job_ids, c.run_leases) as m (job_id, run_lease)
         where c.claimed_at = $1`,
        [new Date(time)],
      ),
    );
    return found && (found.rows as unknown as readonly Told[]);
  }

  private async measure(now: number): Promise<void> {
    this.sized = now;
    const { schema } = this.world;
    const size = await this.ask("sizes", () => sizeOf(this.connection.client, schema));
    if (size) this.sizes.add(size);
  }

  /** All jobs, and their counts; what looks wrong is looked at twice. */
  async lookAtAll(last = false): Promise<void> {
    const { schema, ledger } = this.world;
    await this.lookOnce({ last });
    if (this.look.unsure) await this.lookOnce({ last });
    await this.ask("terminal_counts", () =>
      compareCounts(this.connection.client, schema, ledger, this.look.unclear),
    );
  }

  private async lookOnce(of: Pick<LookOptions, "only" | "last">): Promise<void> {
    const { world, look, connection } = this;
    const began = world.ledger.instant();
    const ids = of.only && [...of.only].map(({ id }) => id);
    const text = shownBy(world.schema, ids !== undefined);
    const found = await this.ask("jobs", () => connection.query(text, ids && [ids]));
    const keptSince = world.prunedAt - terms.failedFloor;
    if (found) look.judge(found.rows as unknown as Shown[], { ...of, began, keptSince });
  }
}
