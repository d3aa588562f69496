/** The machines of the focused modules, by the module that the suite checks. */

import type { Machine, NamedCall } from "../machine.js";
import { claimPruneRace } from "./claim-prune-race.js";
import { claimerLease } from "./claimer-lease.js";
import { deadTupleContract } from "./dead-tuple-contract.js";
import { deferredMaterialize } from "./deferred-materialize.js";
import { focusedMachine, type Constants, type FocusedModel } from "./focused.js";
import { lockOrder } from "./lock-order.js";
import { partitionedRouting } from "./partitioned-routing.js";
import { rescueCursor } from "./rescue-cursor.js";
import { shardedPrune } from "./sharded-prune.js";
import { storageTransition } from "./storage-transition.js";
import { terminalCounters } from "./terminal-counters.js";

/** A focused module without its types. */
export interface Focused {
  /** The machine under the constants of a configuration, whose shapes the module asserts. */
  readonly machine: (constants: Constants) => Machine<object, NamedCall>;
  /** In the order of `Next`. */
  readonly actions: readonly string[];
  /** What a user loses when a property breaks, by its name. */
  readonly losses: Readonly<Record<string, string>>;
  /** Those of them that are temporal, which TLC alone checks. */
  readonly liveness: readonly string[];
}

function focused<S extends object, K>(model: FocusedModel<S, K>): Focused {
  const properties = Object.entries({
    ...model.invariants,
    ...model.stepProperties,
    ...model.liveness,
  });
  return {
    machine: (constants) =>
      focusedMachine(model, constants as K) as unknown as Machine<object, NamedCall>,
    actions: Object.keys(model.actions),
    losses: Object.fromEntries(properties.map(([name, { loss }]) => [name, loss])),
    liveness: Object.keys(model.liveness ?? {}),
  };
}

export const focusedModules: Readonly<Record<string, Focused>> = {
  ClaimerLease: focused(claimerLease),
  DeferredMaterialize: focused(deferredMaterialize),
  ShardedPrune: focused(shardedPrune),
  RescueCursor: focused(rescueCursor),
  TerminalCounters: focused(terminalCounters),
  ClaimPruneRace: focused(claimPruneRace),
  DeadTupleContract: focused(deadTupleContract),
  LockOrder: focused(lockOrder),
  PartitionedRouting: focused(partitionedRouting),
  StorageTransition: focused(storageTransition),
};

export type { Command } from "./dead-tuple-contract.js";
export { canonical, type Constants, type Plain } from "./focused.js";
