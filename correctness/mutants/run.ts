/** Mutants, and the checks that are to find them, side by side on one server. */

import type { PostgresServer } from "../../src/postgres/server.js";
import type { Context } from "../claims.js";
import { withRowLocks } from "../interleave/row-locks.js";
import { extents, planFor } from "../interleave/plan.js";
import { readManifest } from "../tlc/manifest.js";
import { manifestFile } from "../tlc/suite.js";
import { storage } from "../explore/model.js";
import { ConformHunter, treesOf } from "./conforming.js";
import { exploreAll } from "./core.js";
import { Stillborn, type CheckName, type Hunter, type Kill } from "./hunter.js";
import { LocksHunter } from "./locking.js";
import type { OperatorName } from "./operators.js";
import { InterleaveHunter } from "./racing.js";
import type { SqlMutant } from "./sql-mutant.js";
import type { SystematicMutant } from "./systematic.js";
import { LockstepHunter } from "./walking.js";

/** What a check made of a mutant. */
export interface Look {
  /** Null if it does not see the difference. */
  readonly kill: Kill | null;
  readonly seconds: number;
}

/** What became of a mutant. */
export interface Fate {
  readonly mutant: SqlMutant;
  /** By the checks that looked for it, in their order. */
  readonly looks: ReadonlyMap<CheckName, Look>;
  /** What Postgres says of a definition that it does not take. */
  readonly stillborn: string | null;
}

/** One that nobody found, or not everybody who claims to. */
export const survived = ({ mutant: { on }, looks, stillborn }: Fate): boolean => {
  const kills = [...looks.values()].map(({ kill }) => kill !== null);
  return stillborn === null && !(on ? kills.every(Boolean) : kills.some(Boolean));
};

/** The configurations that mutants are looked for on: small, and each action is in one of them. */
const configs = [
  "cursor",
  "pinned",
  "parking",
  "retention",
  "moving",
  "keys",
  "claimer-lease",
  "claimer-expiry",
  "rescue-single",
  "rescue-window",
  "rescue-leases",
  "rescue-deadlines",
  "batches",
  "conform",
  "lanes",
];

const WORKERS = 2;

/** Of these one session alone notices nothing. */
const firstLook: Partial<Record<OperatorName, CheckName>> = {
  dropRowLock: "locks",
  wait: "locks",
  dropOrder: "locks",
  swallowErrors: "interleave",
  lookOnce: "interleave",
};

/** Where more actions reach a mutant, there are many calls to try on every database. */
const FEW = 4;

const LOCKS = /\b(?:for update|lock table)\b/;

/** The check that is most likely to find it comes first, and where it takes long, last. */
function inOrder(mutant: SqlMutant, hunters: readonly Hunter[]): readonly Hunter[] {
  const { about, operator, actions } = mutant as SqlMutant & Partial<SystematicMutant>;
  const wide = actions.length > FEW;
  const usual = LOCKS.test(about) ? "locks" : wide ? "lockstep" : "conform";
  const first = (operator && firstLook[operator]) ?? usual;
  const place = ({ check }: Hunter) => (check === first ? 0 : wide && check === "conform" ? 2 : 1);
  return hunters.toSorted((a, b) => place(a) - place(b));
}

async function fateOf(mutant: SqlMutant, hunters: readonly Hunter[]): Promise<Fate> {
  const { on } = mutant;
  const looks = new Map<CheckName, Look>();
  const some = on ? hunters.filter(({ check }) => on[check]) : inOrder(mutant, hunters);
  for (const hunter of some) {
    const began = performance.now();
    try {
      const kill = await hunter.hunt(mutant);
      looks.set(hunter.check, { kill, seconds: (performance.now() - began) / 1000 });
      if (kill && !on) break;
    } catch (error) {
      if (!(error instanceof Stillborn)) throw error;
      return { mutant, looks, stillborn: error.message };
    }
  }
  return { mutant, looks, stillborn: null };
}

/** Of a mutant that never answers; no call of a check takes so long. */
const LONGEST_S = 20;

/** The same server, whose sessions do not wait for ever. */
function impatient(server: PostgresServer): PostgresServer {
  const url = new URL(server.url);
  url.searchParams.append("options", `-c statement_timeout=${LONGEST_S}s`);
  return { ...server, url: url.href };
}

export async function huntAll(
  own: PostgresServer,
  mutants: readonly SqlMutant[],
  { signal, progress }: Pick<Context, "signal" | "progress">,
  onFate: (fate: Fate) => void = () => undefined,
): Promise<readonly Fate[]> {
  const server = impatient(own);
  const manifest = await readManifest(manifestFile());
  const entries = configs.map((name) => manifest.find((entry) => entry.name === name)!);
  const trees = treesOf(await exploreAll(entries.filter(storage)));
  const { work } = planFor(extents.quick, []);
  const fates: Fate[] = [];
  let next = 0;
  const hunt = async (number: number): Promise<void> => {
    const hunters: Hunter[] = [];
    try {
      hunters.push(await ConformHunter.open(server, entries, trees));
      hunters.push(await LocksHunter.open(server));
      hunters.push(await InterleaveHunter.open(server, work, number));
      hunters.push(new LockstepHunter(server));
      while (next < mutants.length && !signal.aborted) {
        const fate = await fateOf(mutants[next++]!, hunters);
        fates.push(fate);
        onFate(fate);
        progress("mutants", fates.length, mutants.length);
      }
    } finally {
      for (const hunter of hunters) await hunter.close();
    }
  };
  const ends = await withRowLocks(server, () =>
    Promise.allSettled(Array.from({ length: WORKERS }, (_, n) => hunt(n))),
  );
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return fates;
}
