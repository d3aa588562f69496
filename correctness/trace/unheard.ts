/**
 * Unknown calls that name no job, and which of them may have concerned a job: claims of its lanes
 * may have handed it out, rescues may have ended its attempt, each at most once.
 */

import { NO_DEADLINE, type Job, type Lane, type Limits } from "../../src/memory/index.js";
import type { Event, History } from "./history.js";
import { guessed, type Part } from "./parts.js";
import type { Group } from "./groups.js";
import { goneAt } from "./order.js";

type Claim = Extract<Event, { action: "Claim" }>;

/** What calls that nobody heard of again may have done to the jobs of a group. */
export type Unheard = (group: Group) => readonly Part[];

const expiry = ({ tick, args: { deadline } }: Claim): number =>
  deadline === NO_DEADLINE ? Infinity : tick + deadline;

/**
 * Whether the one claim, if it began no later, can be what the other can: as late, as soon rescued,
 * and where jobs are ready when due it must find them due, too.
 */
const isAsGood = (one: Claim, other: Claim, { readyWhenDue }: Limits): boolean =>
  goneAt(one) >= goneAt(other) &&
  (readyWhenDue ? one.tick === other.tick : one.tick <= other.tick) &&
  expiry(one) <= expiry(other);

/**
 * A claim can still hand out a job when all that are as good as it have done so. Hence if a job
 * needs so many of them, those claims do that have fewer before them. They are given in the order
 * of their calls.
 */
function best(claims: readonly Claim[], needed: number, limits: Limits): readonly Claim[] {
  const kept: Claim[] = [];
  for (const claim of claims)
    if (kept.filter((other) => isAsGood(other, claim, limits)).length < needed) kept.push(claim);
  return kept;
}

/**
 * How many unknown claims of this job can matter: one for each lease that was handed out in no
 * answer, up to the last one that is named. After it an attempt leaves no trace unless a call
 * without a token met it.
 */
function handOuts(job: Job, parts: readonly Part[]): number {
  const named = new Set<number>();
  const known = new Set<number>();
  let nameless = 0;
  for (const { operation, outcome } of parts) {
    const { action, args } = operation;
    const tokens = [
      ...("token" in args ? [args.token] : []),
      ...("tokens" in args ? args.tokens : []),
      ...(outcome?.tokens ?? []),
    ].filter((token) => token.job === job);
    for (const { lease } of tokens) {
      named.add(lease);
      if (action === "Claim") known.add(lease);
    }
    if (tokens.length === 0) nameless++;
  }
  return Math.max(0, ...named) - known.size + nameless + 1;
}

export function unheardIn({ header, events }: History): Unheard {
  const lost = events.filter((event) => event.outcome === null);
  const rescues = lost.filter(({ action }) => action.startsWith("Rescue"));
  const claims = new Map<Lane, Claim[]>();
  for (const event of lost)
    if (event.action === "Claim") {
      const others = claims.get(event.args.lane);
      if (others) others.push(event);
      else claims.set(event.args.lane, [event]);
    }
  const chosen = new Map<string, readonly Claim[]>();
  const choose = (lane: Lane, needed: number): readonly Claim[] => {
    const name = `${needed} ${lane}`;
    const some = chosen.get(name) ?? best(claims.get(lane) ?? [], needed, header.limits);
    chosen.set(name, some);
    return some;
  };
  return ({ parts, lanes }) => {
    const byJob = new Map<Job, Part[]>();
    let last = -Infinity;
    for (const part of parts) {
      last = Math.max(last, part.event.return ?? last);
      for (const job of part.jobs) {
        const others = byJob.get(job);
        if (others) others.push(part);
        else byJob.set(job, [part]);
      }
    }
    return [...byJob].flatMap(([job, mine]) => {
      const first = Math.min(...mine.map(({ event }) => event.call));
      const matters = (event: Event) => event.call <= last && goneAt(event) >= first;
      const needed = handOuts(job, mine);
      const some = [...lanes].flatMap((lane) => choose(lane, needed));
      return [...some, ...rescues].filter(matters).map((event) => guessed(event, job));
    });
  };
}
