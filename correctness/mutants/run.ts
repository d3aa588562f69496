/** Mutants, and the checks on Postgres that are to find them, side by side on one server. */

import type { PostgresServer } from "../../src/postgres/server.js";
import type { Context } from "../claims.js";
import { withRowLocks } from "../interleave/row-locks.js";
import { extents, planFor } from "../interleave/plan.js";
import { ConformHunter } from "./conforming.js";
import type { CoreMutant } from "./core.js";
import { timed, type Fate, type Look } from "./fate.js";
import { Effort, Stillborn, type CheckName, type Hunter } from "./hunter.js";
import { LocksHunter } from "./locking.js";
import type { Models } from "./models.js";
import type { OperatorName } from "./operators.js";
import { InterleaveHunter } from "./racing.js";
import { unchanged, type SqlMutant } from "./sql-mutant.js";
import type { SystematicMutant } from "./systematic.js";
import { TraceHunter } from "./tracing.js";
import { LockstepHunter } from "./walking.js";

/** SQL that is wrong beside the core, or a core that is wrong beside the SQL. */
export type Mutant = SqlMutant | CoreMutant;

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

/** An order matters to locks only where rows are locked, or written. */
const locksIn = (mutant: SqlMutant): boolean =>
  mutant.changes.some(({ definition }) => !/\blanguage sql\b/.test(definition.sql));

/** The check that is most likely to find it comes first, and where it takes long, last. */
function inOrder(mutant: SqlMutant, hunters: readonly Hunter[]): readonly Hunter[] {
  const { about, operator, actions } = mutant as SqlMutant & Partial<SystematicMutant>;
  const wide = actions.length > FEW;
  const usual = LOCKS.test(about) ? "locks" : wide ? "lockstep" : "conform";
  const own = operator && firstLook[operator];
  const first = own === "locks" && !locksIn(mutant) ? usual : (own ?? usual);
  const place = ({ check }: Hunter) => (check === first ? 0 : wide && check === "conform" ? 2 : 1);
  return hunters.toSorted((a, b) => place(a) - place(b));
}

interface Hunters {
  readonly conform: ConformHunter;
  /** Who looks for any mutant. */
  readonly any: readonly Hunter[];
  /** Who looks only for what it claims to find. */
  readonly trace: TraceHunter;
}

/** Where a bug is found, nothing must be found without it. */
const bothWays = (hunter: Hunter, mutant: SqlMutant): Promise<Look> =>
  timed(async () => {
    const effort = new Effort();
    const kill = await hunter.hunt(mutant, effort);
    const falsely = await hunter.hunt(unchanged(mutant), new Effort({ most: effort.taken }));
    return { kill, falsely };
  });

/** A second look takes each of them long; the first finds most, the last takes longest. */
const again: readonly CheckName[] = ["conform", "lockstep", "locks", "interleave"];

const inTurn = (hunters: readonly Hunter[]): readonly Hunter[] =>
  hunters.toSorted((a, b) => again.indexOf(a.check) - again.indexOf(b.check));

/** Whoever claims to find it must; else each may look once, and then again. */
async function* looksOf(mutant: SqlMutant, { any, trace }: Hunters) {
  const { on } = mutant;
  if (on)
    for (const hunter of [...any, trace].filter(({ check }) => check in on))
      yield [hunter.check, await bothWays(hunter, mutant)] as const;
  else
    for (const thorough of [false, true])
      for (const hunter of thorough ? inTurn(any) : inOrder(mutant, any)) {
        const effort = new Effort({ thorough });
        const look = await timed(async () => ({ kill: await hunter.hunt(mutant, effort) }));
        yield [hunter.check, look] as const;
        if (look.kill) return;
      }
}

async function fateOfSql(mutant: SqlMutant, hunters: Hunters): Promise<Fate> {
  const { name, about, on } = mutant;
  const looks = new Map<CheckName, Look>();
  const fate: Fate = { name, about, looks, every: on !== undefined };
  try {
    for await (const [check, look] of looksOf(mutant, hunters)) {
      const before = looks.get(check)?.seconds ?? 0;
      looks.set(check, { ...look, seconds: before + look.seconds });
    }
  } catch (error) {
    if (!(error instanceof Stillborn)) throw error;
    return { ...fate, stillborn: error.message };
  }
  return fate;
}

async function fateOfCore(mutant: CoreMutant, { conform }: Hunters): Promise<Fate> {
  const { name, about } = mutant;
  const look = await timed(async () => ({ kill: await conform.huntCore(mutant) }));
  return { name, about, looks: new Map([[conform.check, look]]), every: false };
}

const fateOf = (mutant: Mutant, hunters: Hunters): Promise<Fate> =>
  "table" in mutant ? fateOfCore(mutant, hunters) : fateOfSql(mutant, hunters);

/** Of a mutant that never answers; no call of a check takes so long. */
const LONGEST_S = 20;

/** The same server, whose sessions do not wait for ever. */
function impatient(server: PostgresServer): PostgresServer {
  const url = new URL(server.url);
  url.searchParams.append("options", `-c statement_timeout=${LONGEST_S}s`);
  return { ...server, url: url.href };
}

/** Looks for each of the mutants; who reports gets their fates in the order in which they end. */
export async function huntAll(
  own: PostgresServer,
  mutants: readonly Mutant[],
  { entries, trees }: Models,
  { signal, onFate }: Pick<Context, "signal"> & { readonly onFate: (fate: Fate) => void },
): Promise<void> {
  const server = impatient(own);
  const { work } = planFor(extents.quick, []);
  let next = 0;
  const hunt = async (number: number): Promise<void> => {
    const all: Hunter[] = [];
    const trace = new TraceHunter(server);
    try {
      const conform = await ConformHunter.open(server, entries, trees);
      all.push(conform);
      all.push(new LockstepHunter(server));
      all.push(await LocksHunter.open(server));
      all.push(await InterleaveHunter.open(server, work, number));
      while (next < mutants.length && !signal.aborted)
        onFate(await fateOf(mutants[next++]!, { conform, any: all, trace }));
    } finally {
      for (const hunter of all) await hunter.close();
    }
  };
  const ends = await withRowLocks(server, () =>
    Promise.allSettled(Array.from({ length: WORKERS }, (_, n) => hunt(n))),
  );
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
