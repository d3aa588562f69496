/** Where the start states of interleavings come from: as far as the explorer gets in an area. */

import { NONE, pending, storageMachine, type Scope, type State } from "../../src/core/index.js";
import { databaseTree, type Node } from "../conform/tree.js";
import { explore } from "../explore/explorer.js";

const base: Scope = {
  jobs: ["j1", "j2"],
  lanes: ["a"],
  queueSlots: 2,
  claimSlots: 2,
  leaseSlots: 2,
  leases: [1, 2],
  maxBatch: 2,
  maxWait: 1,
  deadlines: [NONE],
  callbackWait: 1,
  staleAfter: 1,
  maxAttempts: 1,
  failedFloor: 0,
  sameKey: [],
  maxSeq: 4,
  enabled: ["Enqueue", "Claim"],
};

/** One area of the lifecycle: what its two jobs may do before others meet them. */
export interface Area {
  readonly name: string;
  /** What the start states are reached in. */
  readonly scope: Scope;
  /** Only these of them. */
  readonly where?: (state: State) => boolean;
}

const area = (name: string, enabled: readonly string[], more: Partial<Scope> = {}): Area => ({
  name,
  scope: { ...base, ...more, enabled: [...base.enabled, ...enabled] },
});

const turns = ["CompleteFast", "RotateQueue", "RotateClaims", "PruneClaims", "PruneQueue"];

/** Small ones, which every tier looks at. */
export const areas: readonly Area[] = [
  area("ending", ["CompleteFast", "Fail", "FailToDlq", "CancelReady", "Retry", "PassTime"]),
  area("parking", ["ParkForCallback", "ResumeCallback", "Heartbeat", "PassTime", "CompleteFast"]),
  area("deadlines", ["ParkForCallback", "ResumeCallback", "PassTime", "FailToDlq"], {
    deadlines: [NONE, 1],
  }),
  area("turning", turns),
  area("leases", ["ParkForCallback", "ResumeCallback", "RotateLeases", "CompleteSlow"]),
  area("due", ["PassTime"], { jobs: ["j1"], lanes: ["a", "b"], leases: [1] }),
  area("lanes", ["CancelReady", "FailToDlq", "AdvanceClaimCursor", "Retry"], {
    lanes: ["a", "b"],
  }),
  area("silent", ["PassTime"], { lanes: ["a", "b"], maxBatch: 1, maxWait: 0 }),
  area("keys", ["Fail", "FailToDlq", "CancelReady", "Snooze", "PassTime"], {
    sameKey: [["j1", "j2"]],
  }),
];

/** The rows before those that are pending are gone with their slot: a claim looks there first. */
const cursorsLag = ({ db }: State): boolean =>
  pending(db).length > 0 &&
  db.readyEntries.every(({ lane, seq }) => seq > db.laneHeads[lane]!.cursor);

/** Small ones, too: slots of which something outlives a prune, and slots that are pinned. */
export const pruningAreas: readonly Area[] = [
  { ...area("lagging", turns), where: cursorsLag },
  area("keeping", ["Fail", "RotateQueue", "RotateClaims", "CompleteFast"], {
    leases: [1],
    failedFloor: 1,
  }),
  area("pinned", ["ParkForCallback", "RotateLeases", "RotateQueue", "CompleteSlow"], {
    leases: [1],
  }),
];

/** Where maintenance has something to do while others do what takes long to come to. */
export const deepAreas: readonly Area[] = [
  area("ageing", ["CompleteFast", "RotateQueue", "RotateClaims", "PassTime"], {
    deadlines: [NONE, 1],
    leases: [1],
  }),
  area(
    "waiting",
    ["CompleteFast", "ParkForCallback", "RotateQueue", "RotateClaims", "RotateLeases", "PassTime"],
    {
      deadlines: [1],
      leases: [1],
      maxBatch: 1,
      maxWait: 0,
    },
  ),
  area(
    "given up",
    ["CompleteFast", "Fail", "FailToDlq", "RotateQueue", "RotateClaims", "RotateLeases"],
    {
      leases: [1],
      maxWait: 0,
    },
  ),
];

/** The scope in which calls meet: two more jobs, which nobody has presented yet. */
export const meeting = ({ scope }: Area): Scope => ({
  ...scope,
  jobs: [...scope.jobs, "j3", "j4"],
});

/** Explored states of an area, before those that share a database are one. */
const EXPLORED = 6_000;

/** So many databases of an area, from the nearest to the farthest at even distances. */
export function startsOf({ scope, where }: Area, atMost: number): readonly Node[] {
  const machine = storageMachine(scope, { symmetric: true });
  const all = databaseTree(explore(machine, { properties: [], atMost: EXPLORED }), scope);
  const nodes = where ? all.filter(({ state }) => where(state)) : all;
  const step = Math.max(1, nodes.length / atMost);
  return Array.from(
    { length: Math.min(atMost, nodes.length) },
    (_, i) => nodes[Math.floor(i * step)]!,
  );
}

/** What an arena must have for every area. */
export const arenaScope = { ...base, lanes: ["a", "b"] };
