/**
 * Records the plans of one situation: the first call of a fresh session, the calls in which
 * Postgres builds plans that it keeps, and a call with those.
 */

import { add } from "../counting.js";
import { grouped } from "../grouped.js";
import { observe, outline, statementOf, type Segment, type Trap } from "./observe.js";
import { callKinds, type CallKind, type Plan, type Step } from "./plan.js";
import { PlannedErrors, type Swallowed } from "./planned-errors.js";
import { Prober, type Again, type Order } from "./prober.js";
import type { PostgresServer } from "../../src/postgres/server.js";
import { Session } from "./session.js";
import { Site, stateKey, type Amendment } from "./site.js";
import type { Situation } from "./situation.js";

/** Calls of a session in which the same was seen. */
interface Watched {
  readonly kinds: readonly CallKind[];
  readonly segments: readonly Segment[];
  readonly again: Again;
}

/** The call with which a session has made so many. */
interface NthCall {
  readonly text: string;
  readonly n: number;
}

export interface RecordOptions {
  readonly server: PostgresServer;
  readonly situations: readonly Situation[];
  readonly amendment?: Amendment;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
}

export interface Recorded {
  readonly plans: readonly Plan[];
  /** Labels that some call came to, whether it locked anything there or not. */
  readonly reached: ReadonlySet<string>;
  readonly swallowed: readonly Swallowed[];
  /** The seconds that the situations of each operation took. */
  readonly seconds: ReadonlyMap<string, number>;
}

const SITES = 2;

const slotsIn = ({ scope }: Situation): number => scope.claimSlots;

/** Whose situations are recorded at one site: those of an operation are not parted. */
function parts(situations: readonly Situation[]): readonly (readonly Situation[])[] {
  const operations = grouped(situations, ({ operation }) => operation);
  const sizes = [...operations.values()].sort((a, b) => b.length - a.length);
  const shares = Array.from({ length: SITES }, (): Situation[] => []);
  for (const some of sizes) shares.toSorted((a, b) => a.length - b.length)[0]!.push(...some);
  return shares.filter(({ length }) => length > 0);
}

/** Those that begin with the same rows together. */
function byState(situations: readonly Situation[]): readonly Situation[] {
  const keyed = situations.map((situation) => ({ situation, key: stateKey(situation) }));
  return keyed
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ situation }) => situation);
}

/** The plans of these situations, in their order, recorded at several sites at once. */
export async function record(options: RecordOptions): Promise<Recorded> {
  const { server, situations, amendment, signal, progress } = options;
  const found = new Map<Situation, readonly Plan[]>();
  const seconds = new Map<string, number>();
  const reached = new Set<string>();
  const swallowed: Swallowed[] = [];
  const recordPart = async (part: readonly Situation[]): Promise<void> => {
    const site = await Site.open(server, amendment, slotsIn(part[0]!));
    try {
      const recorder = new Recorder(site);
      for (const situation of byState(part)) {
        signal?.throwIfAborted();
        const started = performance.now();
        found.set(situation, await recorder.record(situation));
        add(seconds, situation.operation, (performance.now() - started) / 1000);
        progress?.(found.size, situations.length);
      }
      for (const label of recorder.reached) reached.add(label);
      swallowed.push(...recorder.errors.swallowed);
    } finally {
      await site.close();
    }
  };
  for (const some of grouped(situations, slotsIn).values()) {
    const ended = await Promise.allSettled(parts(some).map(recordPart));
    const failed = ended.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
  }
  const plans = situations.flatMap((situation) => found.get(situation)!);
  return { plans, reached, swallowed, seconds };
}

class Recorder {
  readonly reached = new Set<string>();
  readonly errors: PlannedErrors;
  private readonly site: Site;
  private readonly prober: Prober;
  private planning = 0;
  /** Labels of operations at which somebody was in the way of a kind of call already. */
  private readonly trapped = new Set<string>();

  constructor(site: Site) {
    this.site = site;
    this.prober = new Prober(site);
    this.errors = new PlannedErrors(site);
  }

  async record(situation: Situation): Promise<readonly Plan[]> {
    this.planning ||= await planningCall(this.site);
    const text = await this.site.load(situation);
    const plans: Plan[] = [];
    await this.nth({ text, n: 1 }, async (session) => {
      for (const watched of await this.watch(text, session)) {
        const { kinds, segments, again } = watched;
        const steps = this.steps(segments, await this.prober.order(text, segments, again));
        const { operation, name } = situation;
        plans.push(...kinds.map((call) => ({ operation, situation: name, call, steps })));
        plans.push(...(await this.refused(situation, text, watched)));
        const labels = segments.map(({ label }) => label);
        await this.errors.look(situation, text, labels);
      }
    });
    return plans;
  }

  /**
   * The calls of one session. Where Postgres keeps no plan and locks what it locked in the first
   * call, it has planned each of them as it did the first; others are watched one by one.
   */
  private async watch(text: string, session: Session): Promise<readonly Watched[]> {
    const { site, planning } = this;
    const segments = await observe(site, session, text);
    for (const { label } of segments) this.reached.add(statementOf(label));
    const first = outline(site, session.reports);
    const building: number[] = [];
    let [others, plans] = [false, session.plans];
    for (let n = 2; n <= planning + 1 || building.at(-1) === n - 1; n++) {
      if (n < planning && building.length === 0) await session.repeat(text);
      else others = outline(site, await session.pass(text)) !== first || others;
      if (session.plans > plans) building.push(n);
      plans = session.plans;
    }
    if (!others && building.length === 0)
      return [{ kinds: callKinds, segments, again: (body) => body(session) }];
    const nth =
      (n: number): Again =>
      (body) =>
        this.nth({ text, n }, body);
    const seen = async (kind: CallKind, again: Again): Promise<Watched> => {
      return { kinds: [kind], segments: await again((s) => observe(site, s, text)), again };
    };
    const watched: Watched[] = [{ kinds: ["first"], segments, again: nth(1) }];
    for (const n of building.length > 0 ? building : [planning])
      watched.push(await seen("planning", nth(n)));
    return [...watched, await seen("generic", (body) => body(session))];
  }

  /** Opens a session that has made all calls before this one. */
  private async nth<T>({ text, n }: NthCall, body: (session: Session) => Promise<T>): Promise<T> {
    const session = await Session.open(this.site.place);
    try {
      for (let i = 1; i < n; i++) await session.repeat(text);
      return await body(session);
    } finally {
      await session.close();
    }
  }

  /** Relations of a statement by name, then its rows and keys, then keys of deleted rows. */
  private steps(segments: readonly Segment[], order: Order): Step[] {
    return segments.flatMap((one, i) => {
      const label = statementOf(one.label);
      const waits = order[i] ?? [];
      const gone = one.acquired.flatMap((lock) => {
        const { place } = lock;
        return place.kind === "gone" ? [{ lock, order: place.order }] : [];
      });
      const last = gone.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ lock }) => lock);
      const rest = one.acquired.filter((lock) => ![...waits, ...last].includes(lock));
      const taken = [...rest, ...waits, ...last].map((lock): Step => {
        // A row whose key somebody else has just inserted is not there yet, and not deleted.
        const deleted = lock.place.kind === "gone";
        const policy = deleted ? "skip" : (this.prober.policyOf(one, lock) ?? "wait");
        return { label, on: lock.on, mode: lock.mode, policy };
      });
      const back = one.released.map(({ on, mode }): Step => ({
        label,
        on,
        mode: "Release",
        policy: mode,
      }));
      return [...back, ...taken];
    });
  }

  /**
   * The same call where it does not get what it tries to lock: once for each label of the
   * operation and each kind of call, the last lock there.
   */
  private async refused(
    { operation, name }: Situation,
    text: string,
    { kinds, segments, again }: Watched,
  ): Promise<readonly Plan[]> {
    const traps = new Map<string, Trap>();
    for (const [at, one] of segments.entries()) {
      const lock = one.acquired.findLast((each) => this.prober.triesOnly(one, each));
      if (lock && at > 0) traps.set(statementOf(one.label), { at, lock });
    }
    const plans: Plan[] = [];
    for (const [label, trap] of traps) {
      const keyOf = (kind: CallKind) => [operation, kind, label].join(" ");
      const open = kinds.filter((kind) => !this.trapped.has(keyOf(kind)));
      if (open.length === 0) continue;
      for (const kind of open) this.trapped.add(keyOf(kind));
      const { mode, on } = trap.lock;
      const situation = `${name}, with somebody in the way of ${mode} on ${on}`;
      const seen = await again((session) => observe(this.site, session, text, trap));
      const steps = this.steps(seen, []);
      plans.push(...open.map((call) => ({ operation, situation, call, steps })));
    }
    return plans;
  }
}

/**
 * The call in which Postgres builds a plan for every call to come, counted in a function of which
 * it may keep one.
 */
async function planningCall(site: Site): Promise<number> {
  const session = await Session.open(site.place);
  try {
    for (let n = 1, kept = 0; n <= 20; n++) {
      await session.repeat(`select "${site.schema}".plannable(1)`);
      if (n > 1 && session.plans > kept) return n;
      kept = session.plans;
    }
    throw new Error("Postgres builds no plan for all calls");
  } finally {
    await session.close();
  }
}
