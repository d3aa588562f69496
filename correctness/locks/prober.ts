/**
 * What a call does where somebody else is in its way. Of each lock of each statement it is found
 * out once whether it is waited for; and of those that one statement takes of rows and keys, each
 * time, in which order.
 */

import { tableOf, type Lock } from "./locks.js";
import { obstruct, statementOf, type Met, type Segment } from "./observe.js";
import type { Policy } from "./plan.js";
import type { Session } from "./session.js";
import type { Site } from "./site.js";

/** Makes the call that was watched again, as the same call of a session. */
export type Again = <T>(body: (session: Session) => Promise<T>) => Promise<T>;

/** For each segment, rows and keys in the order in which they were waited for. */
export type Order = readonly (readonly Lock[])[];

type Choice = (segment: Segment) => readonly Lock[];

/** The same of every partition. */
const lockKind = (label: string, { on, mode }: Lock): string =>
  [statementOf(label), tableOf(on).replace(/_\d+(?=_|\.|$)/, ""), mode].join(" ");

/** Nobody locks these but who holds the mutex of the attempt: their order is up to the planner. */
const BEHIND_MUTEX = /^(?:leases_\d+|attempt_state)#/;

/** As they were taken; those behind mutexes among themselves in the order of their names. */
function settled(locks: readonly Lock[]): readonly Lock[] {
  const behind = ({ on }: Lock) => BEHIND_MUTEX.test(on);
  const named = locks.filter(behind).sort((a, b) => (a.on < b.on ? -1 : 1));
  return locks.map((lock) => (behind(lock) ? named.shift()! : lock));
}

const ofRelation = ({ place }: Lock): boolean => place.kind === "relation";

export class Prober {
  private readonly site: Site;
  private readonly policies = new Map<string, Policy>();
  /** Labels at which there are locks of several kinds that are not waited for. */
  private readonly oneByOne = new Set<string>();

  constructor(site: Site) {
    this.site = site;
  }

  /** Undefined as long as nobody has been in its way. */
  policyOf({ label }: Segment, lock: Lock): Policy | undefined {
    return this.policies.get(lockKind(label, lock));
  }

  /** Whether the call does without this lock if it cannot get it. */
  triesOnly(segment: Segment, lock: Lock): boolean {
    return !["wait", undefined].includes(this.policyOf(segment, lock)) && this.can(segment, lock);
  }

  private can({ held }: Segment, lock: Lock): boolean {
    return this.site.blockers.can(lock, held);
  }

  /** Finds out what is not known yet of this call's locks, and returns their order. */
  async order(call: string, segments: readonly Segment[], again: Again): Promise<Order> {
    const unknown = (one: Segment, lock: Lock) => this.policyOf(one, lock) === undefined;
    const relations: Choice = (one) =>
      one.acquired.filter((l) => ofRelation(l) && unknown(one, l) && this.can(one, l));
    const inOrder: Choice = (one) => {
      const waits = (l: Lock) => !ofRelation(l) && !this.triesOnly(one, l) && this.can(one, l);
      const locks = one.acquired.filter(waits);
      return locks.length > 1 || locks.some((l) => unknown(one, l)) ? locks : [];
    };
    const some = (choice: Choice) => segments.slice(1).some((one) => choice(one).length > 0);
    while (some(relations)) await again((session) => this.meet(session, call, segments, relations));
    while (some(inOrder)) {
      const wanted = segments.map(inOrder);
      const met = await again((session) => this.meet(session, call, segments, inOrder));
      const whole = (locks: readonly Lock[], i: number) =>
        i === 0 || met[i]?.waited.length === locks.length;
      if (wanted.every(whole)) return met.map(({ waited }) => settled(waited));
    }
    return [];
  }

  private async meet(
    session: Session,
    call: string,
    segments: readonly Segment[],
    choice: Choice,
  ): Promise<readonly Met[]> {
    const met = await obstruct(this.site, session, call, segments, (one) => {
      const locks = choice(one);
      const open = locks.filter((lock) => this.policyOf(one, lock) === undefined);
      return this.oneByOne.has(one.label) && open.length > 0 ? open.slice(0, 1) : locks;
    });
    met.forEach(({ waited, passed }, i) => {
      const { label } = segments[i]!;
      const before = segments.slice(0, i + 1);
      for (const lock of waited) this.policies.set(lockKind(label, lock), "wait");
      const kinds = new Set(passed.map((lock) => lockKind(label, lock)));
      if (kinds.size > 1) this.oneByOne.add(label);
      else for (const kind of kinds) this.policies.set(kind, this.passing(before, passed[0]!));
    });
    return met;
  }

  /**
   * What is not waited for is passed over, or given up, as the last statement says that tries a
   * lock: what it calls has labels of its own.
   */
  private passing(segments: readonly Segment[], lock: Lock): Policy {
    const texts = segments.map((one) => this.site.statements.get(statementOf(one.label)) ?? "");
    const said = texts.findLast((text) => /\b(?:skip\s+locked|nowait)\b/i.test(text)) ?? "";
    return !ofRelation(lock) && /\bskip\b/i.test(said) ? "skip" : "nowait";
  }
}
