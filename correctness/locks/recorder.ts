/**
 * Records the plans of one situation: the first call of a fresh session, the calls in which
 * Postgres builds plans that it keeps, and a call with those.
 */

import { tableOf, type Lock } from "./locks.js";
import { observe, obstruct, outline, type Segment, type Trap } from "./observe.js";
import { callKinds, type CallKind, type Plan, type Policy, type Step } from "./plan.js";
import { Session } from "./session.js";
import type { Site } from "./site.js";
import type { Situation } from "./situations.js";

/** `claim.lock_lane+` is inside the statement of `claim.lock_lane`. */
export const statementOf = (label: string): string => label.replace(/\+$/, "");

interface Called {
  readonly kinds: readonly CallKind[];
  readonly steps: readonly Step[];
}

/** Makes the call that is watched again, as the same call of a session. */
type On = <T>(body: (session: Session) => Promise<T>) => Promise<T>;

type Ordered = readonly (readonly Lock[])[];

export class Recorder {
  private readonly site: Site;
  /** What each kind of lock of an operation does where somebody else is in its way. */
  private readonly policies = new Map<string, Policy>();
  /** Labels at which locks are tried one by one. */
  private readonly alone = new Set<string>();
  private planningCall = 0;

  constructor(site: Site) {
    this.site = site;
  }

  private policyKey({ operation }: Situation, label: string, { on, mode }: Lock): string {
    return [operation, statementOf(label), tableOf(on), mode].join(" ");
  }

  async record(situation: Situation): Promise<readonly Plan[]> {
    if (this.planningCall === 0) this.planningCall = await planningCall(this.site);
    const call = await this.site.load(situation);
    const { segments, calls } = await this.onCall(call, 1, (session) =>
      this.calls(situation, call, session),
    );
    const blocked = await this.blocked(situation, call, segments);
    const made = calls.flatMap(({ kinds, steps }) =>
      kinds.map((kind) => this.plan(situation, kind, steps)),
    );
    return [...made, ...blocked];
  }

  private plan({ operation, name }: Situation, call: CallKind, steps: readonly Step[]): Plan {
    return { operation, situation: name, call, steps };
  }

  /**
   * The calls of one session. Where Postgres keeps no plan and locks what it locked in the first
   * call, it planned each of them as it did the first; others are watched one by one.
   */
  private async calls(situation: Situation, call: string, session: Session) {
    const { site, planningCall: planning } = this;
    const segments = await observe(site, session, call);
    const first = outline(site, session.reports);
    const building: number[] = [];
    let others = false;
    let plans = await session.plans();
    for (let n = 2; n <= planning + 1 || building.at(-1)! >= n - 1; n++) {
      if (n < planning && building.length === 0) await session.repeat(call);
      else others = outline(site, await session.pass(call)) !== first || others;
      const kept = await session.plans();
      if (kept > plans) building.push(n);
      plans = kept;
    }
    if (!others && building.length === 0) {
      const steps = await this.watched(situation, call, segments, (body) => body(session));
      return { segments, calls: [{ kinds: callKinds, steps }] };
    }
    const calls: Called[] = [];
    const watch = async (kind: CallKind, n: number) => {
      const again = await this.onCall(call, n, (s) => observe(site, s, call));
      const on: On = (body) => this.onCall(call, n, body);
      calls.push({ kinds: [kind], steps: await this.watched(situation, call, again, on) });
    };
    await watch("first", 1);
    for (const n of building.length > 0 ? building : [planning]) await watch("planning", n);
    await watch("generic", Math.max(planning, ...building) + 1);
    return { segments, calls };
  }

  /** Opens a session that has made so many calls before. */
  private async onCall<T>(
    call: string,
    n: number,
    body: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = await Session.open(this.site.place);
    try {
      for (let i = 1; i < n; i++) await session.repeat(call);
      return await body(session);
    } finally {
      await session.close();
    }
  }

  private async watched(
    situation: Situation,
    call: string,
    segments: readonly Segment[],
    on: On,
  ): Promise<readonly Step[]> {
    await this.findPolicies(situation, call, segments, on);
    return this.steps(situation, segments, await this.findOrder(situation, call, segments, on));
  }

  /** Of the relation locks whose policy nobody knows: somebody is put in the way of each. */
  private async findPolicies(
    situation: Situation,
    call: string,
    segments: readonly Segment[],
    on: On,
  ): Promise<void> {
    const unknown = ({ label, held, acquired }: Segment) =>
      acquired
        .filter((lock) => lock.place.kind === "relation")
        .filter((lock) => !this.policies.has(this.policyKey(situation, label, lock)))
        .filter((lock) => this.site.blockers.can(lock, held.modes(lock.on)));
    while (segments.some((s, i) => i > 0 && unknown(s).length > 0))
      await on((session) => this.tryAll(situation, session, call, segments, unknown));
  }

  private async tryAll(
    situation: Situation,
    session: Session,
    call: string,
    segments: readonly Segment[],
    wanted: (segment: Segment) => readonly Lock[],
  ): Promise<readonly Lock[][]> {
    const policyOf = ({ label }: Segment, lock: Lock) =>
      this.policies.get(this.policyKey(situation, label, lock));
    const some = (one: Segment) => {
      const locks = wanted(one);
      const open = locks.filter((lock) => policyOf(one, lock) === undefined);
      return this.alone.has(one.label) && open.length > 0 ? open.slice(0, 1) : locks;
    };
    const known = (one: Segment, lock: Lock) => policyOf(one, lock) === "wait";
    const met = await obstruct(this.site, session, call, segments, some, known);
    met.forEach(({ waited, passed }, i) => {
      const { label } = segments[i]!;
      for (const lock of waited) this.policies.set(this.policyKey(situation, label, lock), "wait");
      const kinds = new Set(passed.map((lock) => this.policyKey(situation, label, lock)));
      if (kinds.size > 1) this.alone.add(label);
      else for (const kind of kinds) this.policies.set(kind, this.passing(label, passed[0]!));
    });
    return met.map(({ waited }) => [...waited]);
  }

  /** What does not wait passes the row over, or gives up. */
  private passing(label: string, { on }: Lock): Policy {
    const text = this.site.statements.get(statementOf(label)) ?? "";
    return on.includes("#") && /\bskip\s+locked\b/i.test(text) ? "skip" : "nowait";
  }

  /** Rows, keys and advisory locks in the order in which the call waits for them. */
  private async findOrder(
    situation: Situation,
    call: string,
    segments: readonly Segment[],
    on: On,
  ): Promise<Ordered> {
    const wanted = ({ label, held, acquired }: Segment) =>
      acquired
        .filter((lock) => lock.place.kind !== "relation")
        .filter((lock) => this.site.blockers.can(lock, held.modes(lock.on)))
        .filter((lock) => {
          const policy = this.policies.get(this.policyKey(situation, label, lock));
          return policy === undefined || policy === "wait";
        });
    if (!segments.some((s) => wanted(s).length > 0)) return [];
    for (;;) {
      const met = await on((session) => this.tryAll(situation, session, call, segments, wanted));
      const whole = segments.every((s, i) => i === 0 || met[i]?.length === wanted(s).length);
      if (whole) return met;
    }
  }

  private steps(situation: Situation, segments: readonly Segment[], order: Ordered): Step[] {
    return segments.flatMap((one, i) => {
      const label = statementOf(one.label);
      const waits = order[i] ?? [];
      const rest = one.acquired.filter((lock) => !waits.includes(lock));
      const taken = [...rest, ...waits].map((lock): Step => {
        const policy = this.policies.get(this.policyKey(situation, one.label, lock)) ?? "wait";
        return { label, on: lock.on, mode: lock.mode, policy };
      });
      const back = one.released.map(({ on, mode }): Step => {
        return { label, on, mode: "Release", policy: mode };
      });
      return [...back, ...taken];
    });
  }

  /** The same call where it does not get what it tries to lock, once for each label: the last
   * lock there. */
  private async blocked(
    situation: Situation,
    call: string,
    segments: readonly Segment[],
  ): Promise<readonly Plan[]> {
    const traps = new Map<string, Trap>();
    for (const [at, { label, held, acquired }] of segments.entries()) {
      const lock = acquired.findLast((each) => {
        const policy = this.policies.get(this.policyKey(situation, label, each));
        return policy !== undefined && policy !== "wait";
      });
      if (!lock || !this.site.blockers.can(lock, held.modes(lock.on))) continue;
      traps.set([situation.operation, statementOf(label)].join(" "), { at, lock });
    }
    const plans: Plan[] = [];
    for (const [kind, trap] of traps) {
      if (this.tried.has(kind)) continue;
      this.tried.add(kind);
      plans.push(...(await this.trapped(situation, call, trap)));
    }
    return plans;
  }

  /** Labels of operations at which somebody was in the way already. */
  private readonly tried = new Set<string>();

  private async trapped(situation: Situation, call: string, trap: Trap): Promise<readonly Plan[]> {
    const { site, planningCall: planning } = this;
    const { mode, on } = trap.lock;
    const name = `${situation.name}, but for somebody in the way of ${mode} on ${on}`;
    return this.onCall(call, 1, async (session) => {
      const plans: Plan[] = [];
      for (let n = 1; n <= planning + 1; n++) {
        const call_ = n === 1 ? "first" : n === planning ? "planning" : "generic";
        if (call_ === "generic" && n <= planning) {
          await session.repeat(call);
          continue;
        }
        const segments = await observe(site, session, call, trap);
        const steps = this.steps(situation, segments, []);
        plans.push({ operation: situation.operation, situation: name, call: call_, steps });
      }
      return plans;
    });
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
      await session.pass(`select "${site.schema}".plannable(1)`);
      const plans = await session.plans();
      if (n > 1 && plans > kept) return n;
      kept = plans;
    }
    throw new Error("Postgres keeps no generic plan");
  } finally {
    await session.close();
  }
}
