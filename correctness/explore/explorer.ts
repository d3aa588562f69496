/**
 * Explicit-state breadth-first exploration of the core: every reachable state within the bounds,
 * up to a renaming of jobs where the scope asks for it, every labelled edge, every invariant on
 * every state and every step property on every step, and shortest counterexamples.
 */

import {
  actions,
  calls,
  fingerprint,
  inBounds,
  initialState,
  invariants,
  possible,
  renamings,
  step,
  stepProperties,
  type ActionName,
  type ActionTable,
  type Call,
  type Outcome,
  type Scope,
  type State,
} from "../../src/core/index.js";

export interface ExploreOptions {
  readonly scope: Scope;
  readonly symmetric?: boolean;
  readonly table?: ActionTable;
  /** Names to check; all of them unless given. */
  readonly properties?: readonly string[];
  /** Keep every edge, not only the counts. */
  readonly keepEdges?: boolean;
  readonly onProgress?: (p: { states: number; queued: number; depth: number }) => void;
}

export interface Violation {
  readonly property: string;
  readonly trace: readonly TraceStep[];
}

export interface TraceStep {
  /** `null` for the initial state. */
  readonly call: Call | null;
  readonly outcome: Outcome | null;
  readonly state: State;
}

/** The reachable graph: states by index in breadth-first order, with how each was first reached. */
export interface Graph {
  readonly scope: Scope;
  readonly states: readonly State[];
  readonly keys: ReadonlyMap<string, number>;
  readonly parent: readonly number[];
  readonly via: readonly (Call | null)[];
  readonly depth: number;
  /** Distinct (source, action, target) edges inside the bounds, per action. */
  readonly edges: Readonly<Record<ActionName, number>>;
  /** With `keepEdges`: per source state, `[actionIndex, target]` pairs, flattened. */
  readonly out: readonly (readonly number[])[] | null;
  readonly violation: Violation | null;
  readonly seconds: number;
  key(state: State): string;
}

export function explore(options: ExploreOptions): Graph {
  return new Explorer(options).run();
}

class Explorer {
  private readonly options: ExploreOptions;
  private readonly table: ActionTable;
  private readonly names: readonly ActionName[];
  private readonly states: State[] = [];
  private readonly keys = new Map<string, number>();
  private readonly parent: number[] = [];
  private readonly via: (Call | null)[] = [];
  private readonly level: number[] = [];
  private readonly out: number[][] | null;
  private readonly counts: number[];
  private readonly renamings: ReturnType<typeof renamings>;
  private readonly onState: [string, (s: State, scope: Scope) => boolean][];
  private readonly onStep: [string, (a: State, b: State, scope: Scope) => boolean][];
  private violation: Violation | null = null;

  constructor(options: ExploreOptions) {
    this.options = options;
    this.table = options.table ?? actions;
    this.names = Object.keys(actions) as ActionName[];
    this.counts = this.names.map(() => 0);
    this.out = options.keepEdges ? [] : null;
    const all = renamings(options.scope);
    this.renamings = options.symmetric ? all : all.slice(0, 1);
    const wanted = (name: string) => options.properties?.includes(name) ?? true;
    this.onState = Object.entries(invariants)
      .filter(([name]) => wanted(name))
      .map(([name, i]) => [name, i.holds]);
    this.onStep = Object.entries(stepProperties)
      .filter(([name]) => wanted(name))
      .map(([name, p]) => [name, p.holds]);
  }

  run(): Graph {
    const started = performance.now();
    const { scope, onProgress } = this.options;
    const all = calls(scope, this.table).map(
      (call) => [this.names.indexOf(call.action), call] as const,
    );
    this.add(initialState(scope), -1, null);
    for (let at = 0; at < this.states.length && !this.violation; at++) {
      this.expand(at, all);
      if (onProgress && at % 2048 === 0)
        onProgress({
          states: this.states.length,
          queued: this.states.length - at,
          depth: this.level[at]!,
        });
    }
    return {
      scope,
      states: this.states,
      keys: this.keys,
      parent: this.parent,
      via: this.via,
      depth: Math.max(...this.level.slice(-1)) + 1,
      edges: this.edgeCounts(),
      out: this.out,
      violation: this.violation,
      seconds: (performance.now() - started) / 1000,
      key: (state) => this.key(state),
    };
  }

  private edgeCounts(): Record<ActionName, number> {
    const pairs = this.names.map((name, i) => [name, this.counts[i]!]);
    return Object.fromEntries(pairs) as Record<ActionName, number>;
  }

  private key(state: State): string {
    return fingerprint(state, this.options.scope, this.renamings);
  }

  private expand(at: number, all: readonly (readonly [number, Call])[]): void {
    const { scope } = this.options;
    const from = this.states[at]!;
    const seen = new Set<number>();
    const edges: number[] = [];
    for (const [action, call] of all) {
      if (!possible(from, call, this.table)) continue;
      const { state } = step(from, call, scope, this.table);
      if (state.db === from.db && state.env === from.env) continue;
      if (!inBounds(state, scope)) {
        this.checkState(state, at, call);
        this.checkStep(state, at, call);
        continue;
      }
      const to = this.add(state, at, call);
      const edge = to * this.names.length + action;
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
  private add(state: State, from: number, call: Call | null): number {
    const key = this.key(state);
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
  private checkState(state: State, from: number, call: Call | null): void {
    for (const [name, holds] of this.onState)
      if (!this.violation && !holds(state, this.options.scope))
        this.violation = { property: name, trace: this.traceTo(from, call) };
  }

  private checkStep(to: State, at: number, call: Call): void {
    const from = this.states[at]!;
    for (const [name, holds] of this.onStep)
      if (!this.violation && !holds(from, to, this.options.scope))
        this.violation = { property: name, trace: this.traceTo(at, call) };
  }

  private traceTo(index: number, last: Call | null): TraceStep[] {
    const reached = { parent: this.parent, via: this.via };
    const path = [...pathTo(reached, index), ...(last ? [last] : [])];
    return replay(path, this.options.scope, this.table);
  }
}

/** The calls of the shortest way from the initial state to this one. */
export function pathTo(graph: Pick<Graph, "parent" | "via">, index: number): Call[] {
  const path: Call[] = [];
  for (let at = index; at >= 0 && graph.via[at]; at = graph.parent[at]!) path.push(graph.via[at]!);
  return path.reverse();
}

/** The steps that these calls make from the initial state. */
export function replay(path: readonly Call[], scope: Scope, table: ActionTable): TraceStep[] {
  let state = initialState(scope);
  const trace: TraceStep[] = [{ call: null, outcome: null, state }];
  for (const call of path) {
    const next = step(state, call, scope, table);
    state = next.state;
    trace.push({ call, outcome: next.outcome, state });
  }
  return trace;
}
