/**
 * Every interleaving of the queries of two calls: what they answer and leave behind must be that of
 * some order of the two, and none of them may fail, or wait for ever.
 */

import {
  allows,
  type ContractState,
  type Operation,
  type Outcome,
} from "../../src/memory/index.js";
import { Strayed } from "../interleave/arena.js";
import { idle } from "../interleave/footprint.js";
import { Schedules } from "../interleave/schedules.js";
import { compareViews, different, forgetGone } from "../lockstep/views.js";
import { meetingsOf, type Meeting } from "./meetings.js";
import type { Site } from "./site.js";
import { Session, giveUp, step } from "./stepping.js";
import { make, shownBy, situation, type JobShown } from "./storage.js";
import { Subject, type BadCall } from "./subject.js";

export interface InterleaveOptions {
  /** In how many states every two kinds of answers meet. */
  readonly states: number;
  /** Schedules of one meeting at most. */
  readonly schedules: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: (meetings: number, of: number) => void;
}

/** One query, of which session, and whom it had to wait for. */
export interface StepMade {
  readonly session: number;
  readonly text: string;
  readonly waitsFor: readonly number[];
}

/** A schedule that no order of its calls explains. */
export interface Race {
  readonly meeting: Meeting;
  readonly steps: readonly StepMade[];
  /** Null where a call did not end by itself. */
  readonly outcomes: readonly (Outcome | Error)[];
  readonly stuck: boolean;
  readonly shown: readonly JobShown[];
  /** What is wrong with each order of the calls. */
  readonly orders: readonly string[];
}

export interface Interleaved {
  readonly meetings: number;
  readonly schedules: number;
  /** Meetings that have more schedules than were run. */
  readonly cut: number;
  readonly race: Race | null;
  /** What is wrong before anything meets. */
  readonly bad: (BadCall & { readonly path: readonly Operation[] }) | null;
}

interface Ran {
  readonly steps: readonly StepMade[];
  readonly outcomes: readonly (Outcome | Error)[];
  readonly overlap: boolean;
  readonly stuck: boolean;
}

const all = (session: number) => ({ ...idle(session), rows: new Set(["the storage"]) });

class Table {
  private readonly site: Site;
  private readonly sessions: readonly Session[];

  constructor(site: Site, sessions: readonly Session[]) {
    this.site = site;
    this.sessions = sessions;
  }

  /** Both calls at once in this state, as the schedules have it. */
  async run({ calls }: Meeting, tick: number, schedules: Schedules): Promise<Ran> {
    const { sessions, site } = this;
    for (const [i, session] of sessions.entries())
      await session.begin((client) =>
        make(site.storage, calls[i]!, situation(client, site.schema, tick)),
      );
    const steps: StepMade[] = [];
    for (;;) {
      const enabled = sessions.filter((s) => s.enabled).map(({ index }) => index);
      if (enabled.length === 0) break;
      const index = schedules.choose(enabled);
      if (!enabled.includes(index)) await this.stray();
      const session = sessions[index]!;
      const text = (session.at ?? "").replaceAll(`${site.schema}.`, "");
      await step(session, sessions, site.client);
      steps.push({ session: index, text, waitsFor: session.waitsFor });
      schedules.executed(all(index));
    }
    const stuck = sessions.some((s) => s.moving);
    if (stuck) await giveUp(sessions, site.client);
    const outcomes = sessions.map(({ outcome }) => outcome!);
    return { steps, outcomes, overlap: overlap(steps), stuck };
  }

  /** A session that should go on waits, which it did not do before. */
  private async stray(): Promise<never> {
    await giveUp(this.sessions, this.site.client);
    throw new Strayed("a session that should go on waits");
  }
}

/** Whether one call began before the other had ended. */
function overlap(steps: readonly StepMade[]): boolean {
  const turns = steps.filter(({ session }, i) => i > 0 && session !== steps[i - 1]!.session);
  return turns.length > 1 || steps.some(({ waitsFor }) => waitsFor.length > 0);
}

const letters = ["A", "B"];

/**
 * What is wrong with these answers in this order of the calls; null if nothing is. A claim beside
 * another call may have passed over what that one had locked.
 */
function wrongIn(
  order: readonly number[],
  start: ContractState,
  { calls }: Meeting,
  { outcomes, overlap: beside }: Ran,
  shown: readonly JobShown[],
): string | null {
  let state = start;
  for (const i of order) {
    const outcome = outcomes[i]! as Outcome;
    if (beside && calls[i]!.action === "Claim" && outcome.result === "empty") continue;
    const verdict = allows(state, calls[i]!, outcome);
    if (!verdict.ok) return verdict.why;
    state = verdict.state;
  }
  const { state: left, why } = forgetGone(state, shown);
  const view = compareViews(left, shown);
  if (why || !different(view)) return why;
  return `it leaves ${view.expected.join(", ")}, and the view shows ${view.shown.join(", ")}`;
}

/** A schedule, as far as it can be explained: null if it can. */
function raceIn(
  meeting: Meeting,
  start: ContractState,
  ran: Ran,
  shown: readonly JobShown[],
): Race | null {
  const { steps, outcomes, stuck } = ran;
  const failed = stuck || outcomes.some((outcome) => outcome instanceof Error);
  const orders = [
    [0, 1],
    [1, 0],
  ].map((order) => {
    const why = failed ? "a call did not end well" : wrongIn(order, start, meeting, ran, shown);
    return why && `${order.map((i) => letters[i]).join(", then ")}: ${why}`;
  });
  if (orders.includes(null)) return null;
  return { meeting, steps, outcomes, stuck, shown, orders: orders as string[] };
}

/** So often the schedules of a meeting are begun: on a busy machine sessions may stray. */
const ATTEMPTS = 3;

class Interleaver {
  schedules = 0;
  cut = 0;
  private readonly site: Site;
  private readonly table: Table;
  private readonly options: InterleaveOptions;

  constructor(site: Site, table: Table, options: InterleaveOptions) {
    this.site = site;
    this.table = table;
    this.options = options;
  }

  /** The race, or what was wrong before. */
  async meet(meeting: Meeting): Promise<Pick<Interleaved, "race" | "bad">> {
    for (let left = ATTEMPTS; ; left--) {
      try {
        return await this.tryAll(meeting);
      } catch (error) {
        if (!(error instanceof Strayed) || left === 1) throw error;
      }
    }
  }

  private async tryAll(meeting: Meeting): Promise<Pick<Interleaved, "race" | "bad">> {
    const { site, table, options } = this;
    const { signal, schedules: most } = options;
    const schedules = new Schedules(most / 2);
    for (let n = 0; n < most; n++) {
      signal?.throwIfAborted();
      await site.reset();
      const subject = new Subject(site.storage, site.client, site.schema);
      for (const [i, operation] of meeting.path.entries()) {
        const bad = await subject.answer(operation);
        if (bad) return { race: null, bad: { ...bad, path: meeting.path.slice(0, i) } };
      }
      const { now } = subject.state;
      const ran = await table.run(meeting, now, schedules);
      this.schedules++;
      const shown = await shownBy(site.storage, situation(site.client, site.schema, now));
      const race = raceIn(meeting, subject.state, ran, shown);
      if (race) return { race, bad: null };
      if (!schedules.next()) return { race: null, bad: null };
    }
    this.cut++;
    return { race: null, bad: null };
  }
}

/** Until one is not explained. */
export async function interleave(site: Site, options: InterleaveOptions): Promise<Interleaved> {
  const meetings = meetingsOf(site.storage, options.states);
  const sessions: Session[] = [];
  try {
    for (const index of [0, 1]) sessions.push(await Session.open(site.server, index));
    const interleaver = new Interleaver(site, new Table(site, sessions), options);
    for (const [i, meeting] of meetings.entries()) {
      options.progress?.(i, meetings.length);
      const found = await interleaver.meet(meeting);
      const { schedules, cut } = interleaver;
      if (found.race || found.bad) return { meetings: i + 1, schedules, cut, ...found };
    }
    const { schedules, cut } = interleaver;
    return { meetings: meetings.length, schedules, cut, race: null, bad: null };
  } finally {
    await Promise.all(sessions.map(({ real }) => real.end()));
  }
}
