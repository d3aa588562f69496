/** Turns TLC's messages, as they arrive, into one result. */
import { actionName, type DotSummary } from "./dot.js";
import { CODE, type TlcMessage } from "./messages.js";
import { parseState, type TlaState } from "./values.js";

export type ViolationKind =
  "invariant" | "property" | "action-property" | "deadlock" | "assumption";

export interface Violation {
  readonly kind: ViolationKind;
  /** The name in the cfg, or the place in the spec where TLC gives no name and none is found. */
  readonly name: string;
}

export interface TraceStep {
  readonly action: string;
  readonly state: TlaState;
}

export interface ActionCoverage {
  readonly distinct: number;
  /** Counts successors outside a CONSTRAINT too: good for "never taken", not for comparing. */
  readonly generated: number;
}

export interface TlcProgress {
  readonly generated: number;
  readonly distinct: number;
  readonly queue: number;
  readonly depth: number;
}

export interface TlcResult {
  readonly verdict: "holds" | "violated" | "failed";
  readonly violated?: Violation;
  /** Why the run failed, in TLC's words. */
  readonly reason?: string;
  readonly generated: number;
  /** 0 in simulation, which does not count distinct states. */
  readonly distinct: number;
  /** Number of states on the longest shortest path; reliable with one worker only. */
  readonly depth: number;
  readonly seconds: number;
  readonly coverage: Record<string, ActionCoverage>;
  /** The first step's action is `Init`. */
  readonly trace?: TraceStep[];
  /** Liveness: the 1-based step that the last one returns to, by `lassoAction`. */
  readonly lassoTo?: number;
  readonly lassoAction?: string;
  /** TLC failed while it put together the behaviour that violates a temporal property. */
  readonly behaviourLost?: true;
  /** What a dump held. TLC closes it on a violation too, unless an initial state is at fault. */
  readonly graph?: DotSummary;
  readonly messages: string[];
  readonly tlcVersion: string;
}

const STATE = /^(\d+): <?([^\n]*)\n([^]*)$/;

/** TLC prints -1 for what a simulation does not count. */
const count = (text: string | undefined) => Math.max(0, Number((text ?? "0").replaceAll(",", "")));

export class Outcome {
  readonly errors: TlcMessage[] = [];
  private readonly warnings: string[] = [];
  private readonly trace: TraceStep[] = [];
  private coverage: Record<string, ActionCoverage> = {};
  private violation: Violation | undefined;
  private generated = 0;
  private distinct = 0;
  private depth = 0;
  private lasso: { to: number; action: string } | undefined;
  private version = "";
  private temporal = false;

  /** A temporal property is violated, and the behaviour has not been told to its end. */
  get behaviourLost(): boolean {
    return this.temporal && !this.lasso;
  }

  /** Returns the progress that the message carries, if any. */
  accept(message: TlcMessage): TlcProgress | undefined {
    const { code, severity, text } = message;
    const isError = severity === 1 || severity === 2;
    if (isError && code !== CODE.behaviour && code !== CODE.counterexample) {
      this.errors.push(message);
    }
    if (severity === 3) this.warnings.push(text);
    this.violation ??= violationIn(message);
    switch (code) {
      case CODE.version:
        this.version = /Version (\S+)/.exec(text)?.[1] ?? text;
        break;
      case CODE.invariantInitial:
      case CODE.propertyInitial:
        this.trace.push({ action: "Init", state: parseState(text.slice(text.indexOf("\n"))) });
        break;
      case CODE.state:
        this.traceStep(text);
        break;
      case CODE.temporal:
        this.temporal = true;
        break;
      case CODE.stuttering:
        this.lasso = { to: this.trace.length, action: "Stuttering" };
        break;
      case CODE.backToState: {
        const back = /^(\d+): Back to state:?\s*(.*)/.exec(text);
        if (back) this.lasso = { to: Number(back[1]), action: actionName(back[2] ?? "") };
        break;
      }
      case CODE.depth:
        this.depth = count(/is (\d+)/.exec(text)?.[1]);
        break;
      case CODE.coverageStart:
        this.coverage = {};
        break;
      case CODE.coverageNext:
        this.actionCoverage(text);
        break;
      case CODE.stats:
      case CODE.progress:
      case CODE.simulationProgress:
      case CODE.simulationTotal:
        return this.counts(text);
    }
    return undefined;
  }

  result(seconds: number, failure: string | undefined): TlcResult {
    const failed = failure ?? (this.violation ? undefined : this.errors[0]?.text);
    return {
      verdict: failed !== undefined ? "failed" : this.violation ? "violated" : "holds",
      ...(failed === undefined && this.violation && { violated: this.violation }),
      ...(failed !== undefined && { reason: failed }),
      generated: this.generated,
      distinct: this.distinct,
      depth: this.depth,
      seconds,
      coverage: this.coverage,
      ...(this.trace.length > 0 && { trace: this.trace }),
      ...(this.lasso && { lassoTo: this.lasso.to, lassoAction: this.lasso.action }),
      ...(failed === undefined && this.behaviourLost && { behaviourLost: true as const }),
      messages: [...this.errors.map((error) => error.text), ...this.warnings],
      tlcVersion: this.version,
    };
  }

  private counts(text: string): TlcProgress {
    const generated = /([\d,]+) states generated|generated: ([\d,]+)/.exec(text);
    this.generated = count(generated?.[1] ?? generated?.[2]);
    this.distinct = count(/(-?[\d,]+) distinct/.exec(text)?.[1] ?? String(this.distinct));
    this.depth = count(/Progress\((\d+)\)/.exec(text)?.[1] ?? String(this.depth));
    const queue = count(/(-?[\d,]+) states left/.exec(text)?.[1]);
    return { generated: this.generated, distinct: this.distinct, queue, depth: this.depth };
  }

  private traceStep(text: string): void {
    const step = STATE.exec(text);
    if (!step) return;
    const action = step[2]!.startsWith("Initial predicate") ? "Init" : actionName(step[2]!);
    this.trace.push({ action, state: parseState(step[3]!) });
  }

  /** An action named in several disjuncts of Next has several lines. */
  private actionCoverage(text: string): void {
    const line = /^<(.*)>: ([\d,]+):([\d,]+)$/.exec(text);
    if (!line) return;
    const name = actionName(line[1]!);
    const before = this.coverage[name] ?? { distinct: 0, generated: 0 };
    this.coverage[name] = {
      distinct: before.distinct + count(line[2]),
      generated: before.generated + count(line[3]),
    };
  }
}

function violationIn({ code, text }: TlcMessage): Violation | undefined {
  const subject = (pattern: RegExp) => pattern.exec(text)?.[1] ?? text;
  switch (code) {
    case CODE.invariantInitial:
    case CODE.invariant:
      return { kind: "invariant", name: subject(/Invariant (.*) is violated/) };
    case CODE.propertyInitial:
      return { kind: "property", name: subject(/Property (.*) is violated/) };
    case CODE.actionProperty:
      return { kind: "action-property", name: subject(/Action property (.*) is violated/) };
    case CODE.temporal:
      return { kind: "property", name: "" };
    case CODE.deadlock:
      return { kind: "deadlock", name: "deadlock" };
    case CODE.assumptionFalse:
      return { kind: "assumption", name: subject(/Assumption (.*) is false/) };
  }
  return undefined;
}
