/** What is going on, with rate and estimate: one line, for a terminal or a log. */

import type { Verdict } from "../claims.js";

export interface Output {
  /** The stream itself where somebody watches it. */
  readonly terminal: NodeJS.WriteStream | null;
  write(text: string): void;
}

/** Something that takes a while, by a short name and a sentence. */
export interface Job {
  readonly id: string;
  readonly sentence: string;
}

export interface Progress {
  report(id: string, what: string, done: number, total?: number): void;
  /** Does the jobs one after the other; what one throws ends all of them. */
  each<J extends Job>(jobs: readonly J[], body: (job: J) => Promise<Verdict>): Promise<void>;
}

/** What a command works under: who hears how far it is, and what ends it before its time. */
export interface Watching {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const SILENT_MS = 2_000;
const BETWEEN_MS = 5_000;

/** A line every five seconds, the first after two. */
export class PlainProgress implements Progress {
  private readonly write: (text: string) => void;
  private readonly now: () => number;
  private readonly meter: Meter;
  private last: number;

  constructor(write: (text: string) => void, now: () => number = Date.now) {
    this.write = write;
    this.now = now;
    this.meter = new Meter(now);
    this.last = now() + SILENT_MS - BETWEEN_MS;
  }

  report(id: string, what: string, done: number, total?: number): void {
    this.meter.read(id, what, done, total);
    if (this.now() - this.last < BETWEEN_MS) return;
    this.last = this.now();
    this.write(`${id} ${this.meter.line(id)}\n`);
  }

  async each<J extends Job>(jobs: readonly J[], body: (job: J) => Promise<Verdict>): Promise<void> {
    for (const job of jobs) await body(job);
  }
}

interface Reading {
  readonly what: string;
  readonly done: number;
  readonly total: number | undefined;
  /** Per second, since the first reading of the same thing; 0 while that is too short ago. */
  readonly rate: number;
}

/** Remembers per claim how far all of it has come, and which part it is at. */
export class Meter {
  private readonly now: () => number;
  private readonly first = new Map<string, { readonly at: number; readonly done: number }>();
  private readonly whole = new Map<string, Reading>();
  private readonly part = new Map<string, Reading>();

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /** Without a total it is a part of which nobody knows the end. */
  read(id: string, what: string, done: number, total?: number): void {
    const at = this.now();
    const key = `${id} ${what}`;
    const first = this.first.get(key) ?? { at, done };
    this.first.set(key, first);
    const seconds = (at - first.at) / 1000;
    const rate = seconds < 1 ? 0 : (done - first.done) / seconds;
    (total === undefined ? this.part : this.whole).set(id, { what, done, total, rate });
  }

  line(id: string): string {
    const readings = [this.whole.get(id), this.part.get(id)];
    return readings.flatMap((reading) => (reading ? [readingText(reading)] : [])).join(" · ");
  }
}

const amount = (n: number): string =>
  n.toLocaleString("en", { maximumFractionDigits: n < 10 ? 1 : 0 });

const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;

function readingText({ what, done, total, rate }: Reading): string {
  const of = total === undefined ? "" : ` of ${amount(total)}`;
  const left = total === undefined || rate === 0 ? 0 : (total - done) / rate;
  return [
    done === 0 && total === undefined ? what : `${what} ${amount(done)}${of}`,
    ...(rate > 0 ? [`${amount(rate)}/s`] : []),
    ...(left > 0 ? [`about ${duration(left)} left`] : []),
  ].join(", ");
}
