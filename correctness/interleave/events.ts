/**
 * What is known of the steps of a case. A step with everything that comes before it is an event:
 * whenever the same has come before, it is the same step. So a run whose events are all known can
 * be foretold (an unfolding, as in Nielsen, Plotkin, Winskel, 1981).
 */

import { Trace, type Clock } from "./clocks.js";
import type { Footprint } from "./footprint.js";

interface Event {
  readonly id: number;
  /** Unknown where a session waited: what it did then may depend on what came later. */
  readonly step: Footprint | null;
}

/** No event. */
const NOTHING = 0;

export class Events {
  private readonly sessions: number;
  /** By the session and the last event of each session before it. */
  private readonly events = new Map<string, Event>();
  /** By the session and its own last event. */
  private readonly next = new Map<string, Footprint[]>();
  /** The names of the runs that were made. */
  private readonly made = new Set<string>();

  constructor(sessions: number) {
    this.sessions = sessions;
  }

  /** A run that begins. */
  run(): EventRun {
    return new EventRun(this, this.sessions);
  }

  /** Whether a run of these steps is another one than those before it, from now on. */
  add(steps: readonly Footprint[]): boolean {
    const run = this.run();
    for (const step of steps) run.push(step);
    if (this.repeats(run)) return false;
    this.made.add(run.name);
    return true;
  }

  repeats({ name }: EventRun): boolean {
    return this.made.has(name);
  }

  /** The event that this step is behind these. */
  intern(step: Footprint, before: readonly number[]): number {
    const name = `${step.session} ${before.join()}`;
    const known = this.events.get(name);
    if (known) return known.id;
    const event = { id: this.events.size + 1, step: step.waitedFor === null ? step : null };
    this.events.set(name, event);
    if (event.step) {
      const own = `${step.session} ${before[step.session]}`;
      this.next.set(own, [...(this.next.get(own) ?? []), step]);
    }
    return event.id;
  }

  /** Whether this step was seen behind these. */
  has(step: Footprint, before: readonly number[]): boolean {
    return this.events.get(`${step.session} ${before.join()}`)?.step === step;
  }

  /** What the session may do next. */
  after(session: number, own: number): readonly Footprint[] {
    return this.next.get(`${session} ${own}`) ?? [];
  }
}

export class EventRun {
  private readonly events: Events;
  private readonly trace: Trace;
  /** Of each step. */
  private readonly ids: number[] = [];
  /** Of each session. */
  private readonly last: number[];

  constructor(events: Events, sessions: number) {
    this.events = events;
    this.trace = new Trace(sessions);
    this.last = Array<number>(sessions).fill(NOTHING);
  }

  /** The same for runs that only differ in the order of steps that do not depend on each other. */
  get name(): string {
    return this.last.join();
  }

  push(step: Footprint): void {
    const clock = this.trace.before(step);
    const id = this.events.intern(step, this.idsOf(clock));
    this.trace.push(step, clock);
    this.ids.push(id);
    this.last[step.session] = id;
  }

  /** What this session does now, if that is known. */
  foretell(session: number): Footprint | undefined {
    const may = this.events.after(session, this.last[session]!);
    return may.find((step) => this.events.has(step, this.idsOf(this.trace.before(step))));
  }

  private idsOf(clock: Clock): readonly number[] {
    return clock.map((at) => this.ids[at] ?? NOTHING);
  }
}
