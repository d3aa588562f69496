/** What C2 needs of a model beside its machine: reading TLC's states, and showing differences. */

import {
  encode,
  focusedModules,
  storageMachine,
  type Call,
  type Machine,
  type NamedCall,
  type Scope,
  type State,
} from "../../src/core/index.js";
import { focusedTwins } from "../../src/postgres/focused-twins.js";
import { diffDb, formatDiff } from "../report/diff.js";
import type { ManifestEntry } from "../tlc/manifest.js";
import { plainChanges, readPlain } from "./plain.js";
import { readConstants, readScope } from "./scope.js";
import { readTlaState } from "./tla-state.js";

export interface Model<S = State, C extends NamedCall = Call> {
  readonly machine: Machine<S, C>;
  /** A state as TLC prints it. */
  readonly read: (text: string) => S;
  /** What differs between two states, a line each. */
  readonly changes: (from: S, to: S) => string[];
}

/** The storage model under one configuration's constants. */
export const storageModel = (scope: Scope, symmetric: boolean): Model => ({
  machine: storageMachine(scope, { symmetric }),
  read: readTlaState,
  changes: (from, to) => storageChanges(from, to, scope),
});

/** Rows that differ, and what workers know where that differs too. */
function storageChanges(from: State, to: State, scope: Scope): string[] {
  const rows = formatDiff(diffDb(from.db, to.db, scope));
  const fields = Object.keys(from.env) as (keyof State["env"])[];
  const known = fields
    .filter(
      (f) =>
        encode({ ...from, env: { ...from.env, [f]: to.env[f] } }, scope) !== encode(from, scope),
    )
    .map((f) => `  env.${f}: ${JSON.stringify(from.env[f])} → ${JSON.stringify(to.env[f])}`);
  return [...rows, ...known];
}

/** The model that a configuration is about. */
export async function readModel(entry: ManifestEntry): Promise<AnyModel> {
  const { module, cfg, symmetric } = entry;
  const focused = focusedModules[module];
  if (!focused) return storageModel(await readScope(cfg), symmetric) as unknown as AnyModel;
  return {
    machine: focused.machine(await readConstants(cfg)),
    read: readPlain,
    changes: plainChanges,
  };
}

export type AnyModel = Model<object, NamedCall>;

/** The storage model that ships, and not a wrong one or a focused module. */
export const storage = ({ module }: Pick<ManifestEntry, "module">): boolean =>
  module === "MCSegmentedStorage";

/** An action of what this configuration describes, as others tell it from those of other models. */
export const actionOf = (entry: Pick<ManifestEntry, "module">, action: string): string =>
  storage(entry) ? action : `${entry.module} ${action}`;

/** Whether the core has a machine for what this configuration describes. */
export const modelled = ({ module }: Pick<ManifestEntry, "module">): boolean =>
  storage({ module }) || module in focusedModules;

/** Whether Postgres has a twin of what this configuration describes. */
export const conformable = ({ module }: Pick<ManifestEntry, "module">): boolean =>
  storage({ module }) || module in focusedTwins;
