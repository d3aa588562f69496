/**
 * Explicit-state breadth-first exploration of a machine of the core: every reachable state within
 * the bounds, every labelled edge, every invariant on every state and every step property on every
 * step, and shortest counterexamples.
 */

import type { Call, Machine, NamedCall, Outcome, State } from "../../src/core/index.js";
import { AnswerCounter, type Answers } from "./answers.js";

export interface ExploreOptions {
  /** Names to check; all of them unless given. */
  readonly properties?: readonly string[];
  /** Keep every edge, not only the counts. */
  readonly keepEdges?: boolean;
  /** Count what each call is answered. */
  readonly answers?: boolean;
  /** Goes no further once it has this many states, those with the shortest ways. */
  readonly atMost?: number;
  /** Asked now and then whether to go on. */
  readonly goOn?: () => boolean;
  readonly onProgress?: (p: { states: number; queued: number; depth: number }) => void;
}

export interface Violation<S = State, C extends NamedCall = Call> {
  readonly property: string;
  readonly trace: readonly TraceStep<S, C>[];
}

export interface TraceStep<S = State, C extends NamedCall = Call> {
  /** `null` for the initial state. */
  readonly call: C | null;
  readonly outcome: Outcome | null;
  readonly state: S;
}

/** The reachable graph: states by index in breadth-first order, with how each was first reached. */
export interface Graph<S = State, C extends NamedCall = Call> {
  readonly machine: Machine<S, C>;
  /** Whether it is all of the graph, up to its first violation or as far as was asked for. */
  readonly whole: boolean;
  readonly states: readonly S[];
  readonly keys: ReadonlyMap<string | number, number>;
  readonly parent: readonly number[];
  readonly via: readonly (C | null)[];
  readonly depth: number;
  /** Distinct (source, action, target) edges inside the bounds, per action. */
  readonly edges: Readonly<Record<string, number>>;
  /** With `keepEdges`: per source state, `[actionIndex, target]` pairs, flattened. */
  readonly out: readonly (readonly number[])[] | null;
  /** Where they are counted. */
  readonly answers: Answers | null;
  /** On how many states, or steps, each property was looked at. */
  readonly looks: Readonly<Record<string, number>>;
  readonly violation: Violation<S, C> | null;
  readonly seconds: number;
}

export function explore<S extends object, C extends NamedCall>(
  machine: Machine<S, C>,
  options: ExploreOptions = {},
): Graph<S, C> {
  return new Explorer(machine, options).run();
}

class Explorer<S extends object, C extends NamedCall> {
  private readonly machine: Machine<S, C>;
  private readonly options: ExploreOptions;
  private readonly states: S[] = [];
  private readonly keys = new Map<string | number, number>();
  private readonly parent: number[] = [];
  private readonly via: (C | null)[] = [];
  private readonly level: number[] = [];
  private readonly out: number[][] | null;
  private readonly counts: number[];
  private readonly onState: [string, (s: S) => boolean][];
  private readonly onStep: [string, (a: S, b: S) => boolean][];
  private readonly answers: AnswerCounter | null;
  private readonly looks = { states: 0, steps: 0 };
  private violation: Violation<S, C> | null = null;

  constructor(machine: Machine<S, C>, options: ExploreOptions) {
    this.machine = machine;
    this.options = options;
    this.counts = machine.actionNames.map(() => 0);
    this.out = options.keepEdges ? [] : null;
    this.answers = options.answers ? new AnswerCounter() : null;
    const wanted = ([name]: readonly [string, unknown]) =>
      options.properties?.includes(name) ?? true;
    this.onState = Object.entries(machine.invariants).filter(wanted);
    this.onStep = Object.entries(machine.stepProperties).filter(wanted);
  }

  run(): Graph<S, C> {
    const started = performance.now();
    const { machine } = this;
    const all = machine.calls.map(
      (call) => [machine.actionNames.indexOf(call.action), call] as const,
    );
    this.add(machine.initial, -1, null);
    const most = this.options.atMost ?? Infinity;
    for (let at = 0; at < this.states.length && !this.violation; at++) {
      if (this.states.length >= most) break;
      if (at % 2048 === 0 && this.options.goOn?.() === false) return this.graph(started, false);
      this.expand(at, all);
      if (at % 2048 === 0)
        this.options.onProgress?.({
          states: this.states.length,
          queued: this.states.length - at,
          depth: this.level[at]!,
        });
    }
    return this.graph(started, true);
  }

  private graph(started: number, whole: boolean): Graph<S, C> {
    const { machine } = this;
    return {
      machine,
      whole,
      states: this.states,
      keys: this.keys,
      parent: this.parent,
      via: this.via,
      depth: Math.max(...this.level.slice(-1)) + 1,
      edges: Object.fromEntries(machine.actionNames.map((name, i) => [name, this.counts[i]!])),
      out: this.out,
      answers: this.answers,
      looks: Object.fromEntries([
        ...this.onState.map(([name]) => [name, this.looks.states]),
        ...this.onStep.map(([name]) => [name, this.looks.steps]),
      ]),
      violation: this.violation,
      seconds: (performance.now() - started) / 1000,
    };
  }

  private expand(at: number, all: readonly (readonly [number, C])[]): void {
    const { machine } = this;
    const from = this.states[at]!;
    const seen = new Set<number>();
    const edges: number[] = [];
    this.answers?.nextState();
    for (const [action, call] of all) {
      if (!machine.possible(from, call)) continue;
      const { state, outcome } = machine.step(from, call);
      this.answers?.call(call.action, outcome);
      if (state === from) continue;
      if (!machine.inBounds(state)) {
        this.checkState(state, at, call);
        this.checkStep(state, at, call);
        continue;
      }
      const to = this.add(state, at, call);
      const edge = to * this.counts.length + action;
      if (to !== at) this.answers?.edge(call.action, outcome, edge);
      if (to === at || seen.has(edge)) continue;
      seen.add(edge);
      this.counts[action]!++;
      edges.push(action, to);
      this.checkStep(state, at, call);
      if (this.violation) return;
    }
    this.out?.push(edges);
  }

  /** The index of the state, which is new or known. */
  private add(state: S, from: number, call: C | null): number {
    const key = this.machine.key(state);
    const known = this.keys.get(key);
    if (known !== undefined) return known;
    const index = this.states.length;
    this.keys.set(key, index);
    this.states.push(state);
    this.parent.push(from);
    this.via.push(call);
    this.level.push(from < 0 ? 0 : this.level[from]! + 1);
    this.checkState(state, from, call);
    return index;
  }

  /** Like TLC, looks at states one step outside the bounds too. */
  private checkState(state: S, from: number, call: C | null): void {
    this.looks.states++;
    for (const [name, holds] of this.onState)
      if (!this.violation && !holds(state))
        this.violation = { property: name, trace: this.traceTo(from, call) };
  }

  private checkStep(to: S, at: number, call: C): void {
    this.looks.steps++;
    const from = this.states[at]!;
    for (const [name, holds] of this.onStep)
      if (!this.violation && !holds(from, to))
        this.violation = { property: name, trace: this.traceTo(at, call) };
  }

  private traceTo(index: number, last: C | null): TraceStep<S, C>[] {
    const path = [
      ...pathTo({ parent: this.parent, via: this.via }, index),
      ...(last ? [last] : []),
    ];
    return replay(path, this.machine);
  }
}

/** How each state was first reached. */
export interface Reached<C extends NamedCall> {
  readonly parent: readonly number[];
  readonly via: readonly (C | null)[];
}

/** The calls of the shortest way from the initial state to this one. */
export function pathTo<C extends NamedCall>({ parent, via }: Reached<C>, index: number): C[] {
  const path: C[] = [];
  for (let at = index; at >= 0 && via[at]; at = parent[at]!) path.push(via[at]!);
  return path.reverse();
}

/** The steps that these calls make from the initial state. */
export function replay<S, C extends NamedCall>(
  path: readonly NoInfer<C>[],
  machine: Machine<S, C>,
): TraceStep<S, C>[] {
  let state = machine.initial;
  const trace: TraceStep<S, C>[] = [{ call: null, outcome: null, state }];
  for (const call of path) {
    const next = machine.step(state, call);
    state = next.state;
    trace.push({ call, outcome: next.outcome, state });
  }
  return trace;
}
