/** Everything that must occur, and in which checks: derived from the code, never listed by hand. */

import {
  actionNames,
  actions,
  focusedModules,
  initialState,
  invariants,
  step,
  stepProperties,
  wordsOf,
  type ActionName,
  type Call,
} from "../../src/core/index.js";
import { focusedTwins } from "../../src/postgres/focused-twins.js";
import { tiers, type Tier } from "../claims.js";
import { attempts } from "../conform/attempts.js";
import { definitions } from "../definitions.js";
import { turnedAwayWith } from "../interleave/hindrance.js";
import { labelled } from "../interleave/instrument.js";
import { operations } from "../interleave/places.js";
import { arenaScope } from "../interleave/scopes.js";
import { equivalent } from "../mutants/equivalent.js";
import { callersOf } from "../mutants/sql-mutant.js";
import { systematicMutants } from "../mutants/systematic.js";
import type { ManifestEntry } from "../tlc/manifest.js";
import type { Column, Kind } from "./counts.js";

export interface Item {
  readonly kind: Kind;
  /** As `Counts` has it; no two items share one. */
  readonly name: string;
  /** The model, the action or the function that it belongs to. */
  readonly of: string;
  /** Where it must occur, if anybody counts such things there. */
  readonly applies: readonly Column[];
  /** What has no place in an earlier tier than this one. */
  readonly later?: Readonly<Partial<Record<Column, Tier>>>;
}

const onPostgres = (action: ActionName): boolean => operations.includes(action);

/** It changes no row, so no bug of the core or of the SQL is one of it. */
const onlyForgets = (action: ActionName): boolean => action === "ForgetToken";

/** What only a call without elements is answered. `Next` has no such call, nor has a meeting. */
function toEmptyBatches(): ReadonlySet<string> {
  const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
  const answers = attempts(arenaScope).flatMap(({ action, list: [args] }) => {
    if (!Object.values(args!).some(isEmpty)) return [];
    const { outcome } = step(initialState(arenaScope), { action, args } as Call, arenaScope);
    return wordsOf(outcome).map((word) => `${action} ${word}`);
  });
  return new Set(answers);
}

/** The actions of the storage model, each before its answers. */
function stored(): Item[] {
  const odd = toEmptyBatches();
  return actionNames.flatMap((action): Item[] => {
    const there = (...some: readonly Column[]) => (onPostgres(action) ? some : []);
    const always: readonly Column[] = ["lockstep", ...there("conform", "trace")];
    const whole = [...always, "TLC", "core", ...there("interleave")] as const;
    const broken = onlyForgets(action) ? [] : (["mutants"] as const);
    const answers = actions[action].answers.map((word): Item => {
      const name = `${action} ${word}`;
      const inNext = odd.has(name) ? [] : (["core", ...there("interleave")] as const);
      const applies = [...always, ...inNext];
      return { kind: "answer", name, of: action, applies, later: { trace: "full" } };
    });
    const told = `${action} ${turnedAwayWith(action)}`;
    const turnsAway = turnedAwayWith(action) && !answers.some(({ name }) => name === told);
    const away: Item = { kind: "answer", name: told, of: action, applies: ["interleave"] };
    return [
      { kind: "action", name: action, of: "SegmentedStorage", applies: [...whole, ...broken] },
      ...answers,
      ...(turnsAway ? [away] : []),
    ];
  });
}

/** The actions of the focused modules; those that Postgres has come with their answers. */
function focused(): Item[] {
  return Object.entries(focusedModules).flatMap(([module, { actions: names }]) =>
    names.flatMap((action): Item[] => {
      const name = `${module} ${action}`;
      const words = focusedTwins[module]?.answers[action];
      const answers = (words ?? []).map((word) => ({
        kind: "answer" as const,
        name: `${name} ${word}`,
        of: name,
        applies: ["core", "conform"] as const,
      }));
      const there = words ? (["conform"] as const) : [];
      const applies = ["TLC", "core", ...there] as const;
      return [{ kind: "action", name, of: module, applies }, ...answers];
    }),
  );
}

/** The first tier that has a configuration which breaks the property. */
function firstBroken(property: string, manifest: readonly ManifestEntry[]): Tier | undefined {
  const breaks = manifest.filter(
    ({ expect }) => expect.verdict === "violated" && expect.property === property,
  );
  return tiers.find((tier) => breaks.some((entry) => entry.tier === tier));
}

/** Invariants, step properties, and those that only TLC can check. */
function properties(manifest: readonly ManifestEntry[]): Item[] {
  const item = (name: string, of: string, core: boolean): Item => {
    const later = firstBroken(name, manifest);
    const applies: Column[] = ["TLC", ...(core ? ["core" as const] : []), "mutants"];
    return { kind: "property", name, of, applies, ...(later && { later: { mutants: later } }) };
  };
  return [
    ...Object.keys({ ...invariants, ...stepProperties }).map((name) =>
      item(name, "SegmentedStorage", true),
    ),
    ...Object.entries(focusedModules).flatMap(([module, { losses, liveness }]) =>
      Object.keys(losses).map((name) => item(name, module, !liveness.includes(name))),
    ),
  ];
}

/** The labelled statements, each where somebody calls its function. */
function labels(): Item[] {
  const callers = callersOf();
  const changed = new Set(
    systematicMutants().flatMap(({ name, label }) => (name in equivalent ? [] : [label])),
  );
  return definitions().flatMap((definition) => {
    const { actions: some, modules } = callers([definition]);
    const nobody = some.length === 0 && modules.length === 0;
    const applies: Column[] = [
      ...(nobody ? [] : ["conform" as const]),
      ...(some.length > 0 || nobody ? ["lockstep" as const] : []),
      ...(some.length > 0 ? ["interleave" as const] : []),
    ];
    return labelled(definition.sql).map(({ label }): Item => ({
      kind: "label",
      name: label,
      of: definition.name,
      applies: changed.has(label) ? [...applies, "mutants"] : applies,
      later: { mutants: "full" },
    }));
  });
}

/** In the order of the table. */
export const itemsOf = (manifest: readonly ManifestEntry[]): readonly Item[] => [
  ...stored(),
  ...focused(),
  ...properties(manifest),
  ...labels(),
];
