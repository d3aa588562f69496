/**
 * The search for an order of calls that the contract allows, each at some moment of its interval:
 * depth first, as Wing and Gong do it, and never twice from the same calls and the same state, as
 * Lowe has it. What is explained is kept as the place before which every call is, and a set of
 * bits behind it. An answer that leaves all jobs where they are is taken as soon as it fits, for
 * it can be in nobody's way.
 */

import { allows, initial, type ContractState, type Job } from "../../src/memory/index.js";
import { endOf, goneAt, type Order, type Step, type Unexplained, type World } from "./order.js";
import { bringsToLife, isAlive, isTooLate, judge, meets, picture } from "./fits.js";
import { isQuiet, type Part } from "./parts.js";

/** How far an order has come. */
interface Node extends Step {
  readonly from: Node | null;
  /** Every call before this place is explained, and of those from it on, the ones in `done`. */
  readonly base: number;
  readonly done: bigint;
  readonly explained: number;
  /** When the last of them began, but for those that are taken as soon as they fit. */
  readonly begun: number;
  /** Of the calls that need not have happened, those that did. */
  readonly used: readonly number[];
}

class Search {
  /** In the order of their beginnings. */
  readonly #calls: readonly Part[];
  readonly #quiet: readonly boolean[];
  /** Where the call is that is the last to end. */
  readonly #last: number;
  /** The less they can do, the sooner they are tried: rescues need a late clock. */
  readonly #optional: readonly Part[];
  /** Where those are that concern the job. */
  readonly #optionalOf = new Map<Job, number[]>();
  /** Where the last call is without which the job can be left out once it is over. */
  readonly #lastOf = new Map<Job, number>();
  /** Until when a call that need not have happened may still bring the job to life. */
  readonly #revival = new Map<Job, number>();
  /** Those by which jobs may have come. */
  readonly #arriving: readonly number[];
  readonly #world: World;
  readonly #seen = new Set<string>();
  #deepest: Node;

  constructor(definite: readonly Part[], optional: readonly Part[], world: World) {
    this.#calls = definite.toSorted((a, b) => a.event.call - b.event.call);
    this.#quiet = this.#calls.map(isQuiet);
    this.#last = this.#calls.indexOf(definite.at(-1)!);
    this.#optional = optional.toSorted((a, b) => a.event.tick - b.event.tick);
    this.#world = world;
    this.#calls.forEach(({ jobs }, i) => jobs.forEach((job) => this.#lastOf.set(job, i)));
    for (const [i, part] of this.#optional.entries())
      for (const job of part.jobs) {
        if (bringsToLife(part))
          this.#revival.set(job, Math.max(this.#revival.get(job) ?? 0, goneAt(part.event)));
        const others = this.#optionalOf.get(job);
        if (others) others.push(i);
        else this.#optionalOf.set(job, [i]);
      }
    this.#arriving = [...this.#optional.keys()].filter(
      (i) => this.#optional[i]!.operation.action === "Enqueue",
    );
    this.#deepest = {
      from: null,
      part: null,
      state: initial(world.limits),
      base: 0,
      done: 0n,
      explained: 0,
      begun: -Infinity,
      used: [],
    };
  }

  run(): Order {
    const stack = [this.#next(this.#deepest)];
    while (this.#deepest.explained < this.#calls.length) {
      const { value: node } = stack.at(-1)!.next();
      if (node) {
        if (!this.#isNew(node)) continue;
        if (this.#depth(node) > this.#depth(this.#deepest)) this.#deepest = node;
        stack.push(this.#next(node));
      } else {
        stack.pop();
        if (stack.length === 0) return this.#unexplained();
      }
    }
    return { complete: true, steps: stepsTo(this.#deepest) };
  }

  /** All that may come next. */
  *#next(node: Node): Generator<Node, undefined> {
    const { open, until } = this.#open(node);
    for (const i of open.filter((i) => this.#quiet[i])) {
      const verdict = judge(node.state, this.#calls[i]!);
      if (verdict.ok) return yield this.#explained(node, i, verdict.state);
    }
    for (const i of open.filter((i) => !this.#quiet[i])) {
      const verdict = judge(node.state, this.#calls[i]!);
      if (verdict.ok) yield this.#explained(node, i, verdict.state);
    }
    yield* this.#forgetting(node, until);
    const stuck = open.flatMap((i) => this.#calls[i]!.jobs);
    yield* this.#optionally(node, until, stuck);
  }

  /** The calls that may be next, by their ends: those that began before any other one ended. */
  #open({ base, done }: Node): { open: readonly number[]; until: number } {
    const open: number[] = [];
    let until = Infinity;
    for (let i = base; i < this.#calls.length && this.#calls[i]!.event.call <= until; i++) {
      if ((done >> BigInt(i - base)) & 1n) continue;
      open.push(i);
      until = Math.min(until, endOf(this.#calls[i]!));
    }
    return { open: open.sort((a, b) => endOf(this.#calls[a]!) - endOf(this.#calls[b]!)), until };
  }

  #explained(from: Node, place: number, state: ContractState): Node {
    let { base } = from;
    let done = from.done | (1n << BigInt(place - base));
    for (; done & 1n; base++) done >>= 1n;
    const part = this.#calls[place]!;
    const explained = from.explained + 1;
    const begun = this.#quiet[place] ? from.begun : Math.max(from.begun, part.event.call);
    return this.#withoutPast({ ...from, from, part, state, base, done, explained, begun });
  }

  /** Without the jobs that are over and that no later call names, and what was said of them. */
  #withoutPast(node: Node): Node {
    const { state, base, begun } = node;
    const isPast = (job: Job) =>
      !isAlive(state.jobs.get(job)!.state) &&
      (this.#lastOf.get(job) ?? -1) < base &&
      (this.#revival.get(job) ?? -Infinity) < begun;
    const past = new Set([...state.jobs.keys()].filter(isPast));
    if (past.size === 0) return node;
    const jobs = new Map([...state.jobs].filter(([job]) => !past.has(job)));
    const acks = [...state.acks].filter((ack) => jobs.has(ack.slice(0, ack.lastIndexOf("/"))));
    const used = node.used.filter((i) => !this.#optional[i]!.jobs.every((job) => past.has(job)));
    return { ...node, state: { ...state, jobs, acks: new Set(acks) }, used };
  }

  *#forgetting(from: Node, until: number): Generator<Node> {
    const state = { ...from.state, now: this.#world.latestTick(until) };
    for (const job of state.jobs.keys()) {
      const verdict = allows(
        state,
        { action: "Forget", args: { jobs: [job] } },
        { result: "forgotten" },
      );
      if (verdict.ok) yield { ...from, from, part: null, state: verdict.state };
    }
  }

  /** Of two that do the same, the first: it can do no more later than the other. */
  *#optionally(from: Node, until: number, stuck: readonly Job[]): Generator<Node> {
    const effects = new Set<string>();
    for (const i of this.#pending(from, stuck)) {
      const part = this.#optional[i]!;
      if (part.event.call > until || goneAt(part.event) < from.begun) continue;
      const verdict = judge(from.state, part);
      if (!verdict.ok) continue;
      const effect = `${part.operation.action} ${picture(verdict.state)}`;
      if (effects.has(effect)) continue;
      effects.add(effect);
      const used = [...from.used, i].sort((a, b) => a - b);
      yield { ...from, from, part, state: verdict.state, used };
    }
  }

  /** The optional calls that may still do something; what those that are stuck need first. */
  #pending({ state, used }: Node, stuck: readonly Job[]): readonly number[] {
    const jobs = new Set([...stuck.filter((job) => state.jobs.has(job)), ...state.jobs.keys()]);
    const places = [...jobs].flatMap((job) => this.#optionalOf.get(job) ?? []);
    const met = places.filter((i) => meets(this.#optional[i]!, state));
    return [...new Set([...met, ...this.#arriving])].filter((i) => !used.includes(i));
  }

  #isNew({ base, done, begun, used, state }: Node): boolean {
    const isOver = (part: Part) => goneAt(part.event) < begun || isTooLate(part, state);
    const taken = used.filter((i) => !isOver(this.#optional[i]!));
    const key = `${base} ${done.toString(36)} ${taken} ${picture(state)}`;
    const size = this.#seen.size;
    return this.#seen.add(key).size > size;
  }

  /** Who explains more is deeper, and then who lacks the call that was the last to end. */
  #depth({ explained, base, done }: Node): number {
    const lacks = this.#last >= base && !((done >> BigInt(this.#last - base)) & 1n);
    return 2 * explained + (lacks ? 1 : 0);
  }

  #unexplained(): Unexplained {
    const { state } = this.#deepest;
    const part = this.#calls[this.#open(this.#deepest).open[0]!]!;
    const verdict = judge(state, part);
    const why = verdict.ok ? "whatever comes after it does not fit" : verdict.why;
    return { complete: false, steps: stepsTo(this.#deepest), misfit: { part, why } };
  }
}

function stepsTo(last: Node): readonly Step[] {
  const steps: Step[] = [];
  for (let node = last; node.from; node = node.from) steps.push(node);
  return steps.reverse();
}

/**
 * An order of all the definite calls, which are given by their ends, and of as many of the
 * optional ones as it takes.
 */
export const linearize = (
  definite: readonly Part[],
  optional: readonly Part[],
  world: World,
): Order => new Search(definite, optional, world).run();
