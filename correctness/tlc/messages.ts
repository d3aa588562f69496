/**
 * The framing of TLC's `-tool` output: `@!@!@STARTMSG code:severity @!@!@` … ENDMSG. Frames nest
 * (an exception quotes the message that caused it); SANY and the JVM print outside of any frame.
 */
export interface TlcMessage {
  /** TLC's message number (tlc2.output.EC); undefined for text outside a frame. */
  readonly code: number | undefined;
  /** 0 none, 1 error, 2 bug, 3 warning, 4 state. */
  readonly severity: number;
  readonly text: string;
}

const FRAME = /@!@!@(?:STARTMSG (\d+):(\d+)|ENDMSG \d+) @!@!@/;

export class MessageReader {
  private readonly emit: (message: TlcMessage) => void;
  private readonly open: { code: number; severity: number; lines: string[] }[] = [];

  constructor(emit: (message: TlcMessage) => void) {
    this.emit = emit;
  }

  line(line: string): void {
    const frame = FRAME.exec(line);
    if (!frame) return this.content(line);
    if (frame.index > 0) this.content(line.slice(0, frame.index));
    if (frame[1] !== undefined) {
      this.open.push({ code: Number(frame[1]), severity: Number(frame[2]), lines: [] });
      return;
    }
    const done = this.open.pop();
    if (done) {
      this.emit({ code: done.code, severity: done.severity, text: done.lines.join("\n").trim() });
    }
  }

  /** What is still open when TLC dies is a message too. */
  end(): void {
    while (this.open.length > 0) this.line("@!@!@ENDMSG 0 @!@!@");
  }

  private content(line: string): void {
    const top = this.open.at(-1);
    if (top) top.lines.push(line);
    else if (line.trim() !== "") this.emit({ code: undefined, severity: 0, text: line });
  }
}

/** The numbers of tlc2.output.EC that the runner acts on. */
export const CODE = {
  outOfMemory: 1001,
  outOfMemoryInit: 1002,
  stackOverflow: 1005,
  assumptionFalse: 2104,
  invariantInitial: 2107,
  propertyInitial: 2108,
  invariant: 2110,
  actionProperty: 2112,
  deadlock: 2114,
  noNext: 2115,
  temporal: 2116,
  behaviour: 2121,
  backToState: 2122,
  notAPredicate: 2146,
  depth: 2194,
  stats: 2199,
  progress: 2200,
  coverageStart: 2201,
  simulationProgress: 2209,
  simulationTotal: 2210,
  state: 2217,
  stuttering: 2218,
  sanyEnd: 2219,
  sanyStart: 2220,
  coverageNext: 2772,
  version: 2262,
  counterexample: 2264,
} as const;
