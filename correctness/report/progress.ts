/** What is going on, with rate and estimate, once it has gone on for two seconds. */

export interface Output {
  readonly terminal: boolean;
  write(text: string): void;
}

const SILENT_MS = 2_000;
const TERMINAL_MS = 200;
const PLAIN_MS = 5_000;

/** One line that is rewritten on a terminal, and a line every five seconds elsewhere. */
export class Progress {
  private readonly out: Output;
  private readonly now: () => number;
  private started = new Map<string, number>();
  private last: number;
  private shown = false;

  constructor(out: Output, now: () => number = Date.now) {
    this.out = out;
    this.now = now;
    this.last = now() + SILENT_MS - PLAIN_MS;
  }

  report(claim: string, what: string, done: number, total?: number): void {
    const now = this.now();
    const key = `${claim} ${what}`;
    if (!this.started.has(key)) this.started.set(key, now);
    const passed = now - this.started.get(key)!;
    if (now - this.last < (this.out.terminal ? TERMINAL_MS : PLAIN_MS)) return;
    this.last = now;
    const line = `${key} ${amounts(done, total, passed / 1000)}`;
    this.out.write(this.out.terminal ? `\r\x1b[2K${line}` : `${line}\n`);
    this.shown = this.out.terminal;
  }

  /** Takes the line away before something else is printed. */
  clear(): void {
    if (this.shown) this.out.write("\r\x1b[2K");
    this.shown = false;
  }
}

function amounts(done: number, total: number | undefined, seconds: number): string {
  if (done === 0) return "";
  const rate = seconds > 1 ? done / seconds : 0;
  const of = total === undefined ? "" : ` of ${total.toLocaleString("en")}`;
  const speed = rate > 0 ? `, ${rate >= 10 ? Math.round(rate).toLocaleString("en") : rate.toFixed(1)}/s` : "";
  const left = total !== undefined && rate > 0 ? Math.ceil((total - done) / rate) : 0;
  return `${done.toLocaleString("en")}${of}${speed}${left > 0 ? `, about ${left} s left` : ""}`;
}
