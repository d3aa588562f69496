/**
 * Calls that are no action of the model, and so are in no history: they are lost as well, at each
 * labelled statement to which only they come. Whatever was there before is there afterwards.
 */

import { isDeepStrictEqual } from "node:util";
import { withCleanup } from "../../src/cleanup.js";
import { newBinding } from "../../src/postgres/binding.js";
import type { PostgresServer } from "../../src/postgres/server.js";
import { statements, type Statement } from "../../src/postgres/statements.js";
import { furtherSituations } from "../locks/further-situations.js";
import { twinFor } from "../locks/further.js";
import { furtherNames, functionOf } from "../locks/operations.js";
import type { Situation } from "../locks/situation.js";
import { newDice } from "./dice.js";
import type { NotCovered } from "./fault-coverage.js";
import { placesByAction, placesByFunction, type PlacesByName } from "./fault-places.js";
import { Faults, Places, type Meant, type PlacedKind } from "./faults.js";
import { Outages } from "./outages.js";
import { Lost, Session, type Surroundings } from "./session.js";
import { Site } from "./site.js";

export interface OthersOptions {
  readonly server: PostgresServer;
  readonly kinds: readonly PlacedKind[];
  /** SQL that is run once the schema is installed, written for the schema `ringproof`. */
  readonly amend?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: (lost: number) => void;
}

/** Rows that a lost call changed, or that were lost with it. */
export interface Remains {
  readonly situation: string;
  /** As in `terminated at claimer_claimed.look`. */
  readonly how: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface LostOthers {
  /** How many calls were lost. */
  readonly lost: number;
  readonly remains: readonly Remains[];
  /** Where none was. */
  readonly left: readonly NotCovered[];
}

/** By the SQL function that is called, the labels to which no action of the model comes. */
export function placesOfOthers(): PlacesByName {
  const recorded = new Set([...placesByAction().values()].flat());
  const all = placesByFunction();
  const names = furtherNames.map(functionOf);
  return new Map(
    names.map((name) => [name, all.get(name)!.filter((label) => !recorded.has(label))]),
  );
}

export async function loseOthers(options: OthersOptions): Promise<LostOthers> {
  const { kinds, signal, progress } = options;
  const places = new Places(placesOfOthers());
  const rates = Object.fromEntries(kinds.map((kind) => [kind, 1]));
  const faults = new Faults({ rates, dice: newDice(1), places, onlyLeft: true });
  const remains: Remains[] = [];
  let lost = 0;
  const found = (one: Remains | null): void => {
    lost++;
    if (one) remains.push(one);
    progress?.(lost);
  };
  for (const situation of furtherSituations(furtherNames)) {
    if (situation.reversed) continue;
    for (const kind of kinds) {
      signal?.throwIfAborted();
      if (!faults.meant(kind, functionOf(situation.operation))) continue;
      const site = await Site.open(options.server);
      await withCleanup(
        () => site.close(),
        () => new Losing({ site, faults, kind, situation, found }).run(options.amend),
      );
    }
  }
  const left = kinds.flatMap((kind) => places.left(kind).map((label) => ({ kind, label })));
  return { lost, remains, left };
}

interface LosingOptions {
  readonly site: Site;
  readonly faults: Faults;
  readonly kind: PlacedKind;
  readonly situation: Situation;
  /** Told of each lost call. */
  readonly found: (remains: Remains | null) => void;
}

/** One call in one situation, which is lost wherever it comes to, until it is not lost. */
class Losing {
  private readonly options: LosingOptions;
  private readonly around: Surroundings;

  constructor(options: LosingOptions) {
    const { site, faults } = options;
    const outages = new Outages(site.server);
    const kill = () =>
      outages.begin(async () => {
        await site.server.crash!();
        await site.reconnect();
      });
    this.options = options;
    this.around = { outages, faults, kill };
  }

  async run(amend: string | undefined): Promise<void> {
    const { site, faults, kind, situation } = this.options;
    const lanes = await site.prepare(situation.scope, { amend, faults: true });
    let session = await Session.open(this.around);
    try {
      const call = await this.reach(session, lanes);
      // What the installation wrote need not have come to the disk yet.
      if (kind === "kill") await session.ask({ text: "checkpoint", values: [] });
      let before = await this.rows(session);
      for (;;) {
        const meant = faults.meant(kind, functionOf(situation.operation));
        const lost = meant && (await lostIn(session, call, meant));
        if (!lost) return;
        await session.end();
        session = await Session.open(this.around);
        before = this.compare(lost, before, await this.rows(session));
      }
    } finally {
      await session.end();
    }
  }

  /** Makes the calls that lead to the situation; the one that is called there. */
  private async reach(session: Session, lanes: ReadonlyMap<string, number>): Promise<Statement> {
    const { site, situation } = this.options;
    const { way, list, scope, operation } = situation;
    const context = { sql: statements(site.schema), scope };
    let binding = newBinding(lanes);
    for (const { action, args } of way) {
      const statement = twinFor(action).statement([args], binding, context);
      const rows = statement ? (await session.ask(statement)).rows : [];
      binding = twinFor(action).answer(rows, [args], binding).binding;
    }
    return twinFor(operation).statement(list, binding, context)!;
  }

  private async rows(session: Session): Promise<readonly string[]> {
    const { rows: tables } = await session.ask({
      text: `select relname as name, oid::regclass::text as table from pg_class
             where relnamespace = $1::regnamespace and relkind = 'r'`,
      values: [this.options.site.schema],
    });
    const each = tables.map(
      ({ name, table }) => `select '${name} ' || to_jsonb(t)::text as row from only ${table} t`,
    );
    const { rows } = await session.ask({ text: each.join(" union all "), values: [] });
    return rows.map(({ row }) => row as string).sort();
  }

  private compare(
    { message: how }: Lost,
    before: readonly string[],
    after: readonly string[],
  ): readonly string[] {
    const { found, situation } = this.options;
    const same = isDeepStrictEqual(before, after);
    found(same ? null : { situation: situation.name, how, before, after });
    return after;
  }
}

/** How the call was lost, unless it came to its end. */
async function lostIn(session: Session, call: Statement, meant: Meant): Promise<Lost | null> {
  try {
    await session.call(call, meant);
    return null;
  } catch (error) {
    if (error instanceof Lost) return error;
    throw error;
  }
}
