/** Wrong actions of the core that break what no configuration breaks: one for each property. */

import {
  actions,
  type ActionTable,
  type InvariantName,
  type StepPropertyName,
} from "../../src/core/index.js";
import { keeping, without } from "./core.js";

export interface PropertyBug {
  /** What is wrong. */
  readonly about: string;
  /** The configuration in which it shows. */
  readonly configuration: string;
  readonly table: Partial<ActionTable>;
}

const { AdvanceClaimCursor, Claim, CompleteFast, ParkForCallback, PassTime } = actions;

const alwaysCompleted: Partial<ActionTable> = {
  CompleteFast: {
    ...CompleteFast,
    apply: (db, { tokens }, scope) => ({
      ...CompleteFast.apply(db, { tokens }, scope),
      outcome: { result: "answered", each: tokens.map(() => "completed") },
    }),
  },
};

const toTheEnd: Partial<ActionTable> = {
  AdvanceClaimCursor: {
    ...AdvanceClaimCursor,
    refuse: () => null,
    apply: (db, { lane }) => {
      const { next } = db.laneHeads[lane]!;
      return {
        db: { ...db, laneHeads: { ...db.laneHeads, [lane]: { next, cursor: next } } },
        outcome: { result: "advanced", cursor: next },
      };
    },
  },
};

const fromOneAgain: Partial<ActionTable> = {
  PassTime: {
    ...PassTime,
    apply: (db, args, scope) => {
      const done = PassTime.apply(db, args, scope);
      const heads = Object.keys(db.laneHeads).map((l) => [l, { next: 1, cursor: 1 }]);
      return { ...done, db: { ...done.db, laneHeads: Object.fromEntries(heads) } };
    },
  },
};

const withoutBodies: Partial<ActionTable> = {
  Claim: {
    ...Claim,
    apply: (db, args, scope) => {
      const done = Claim.apply(db, args, scope);
      return { ...done, db: { ...done.db, readyEntries: [] } };
    },
  },
};

const parkedBeside: Partial<ActionTable> = {
  ParkForCallback: {
    ...ParkForCallback,
    apply: (db, args, scope) => {
      const done = ParkForCallback.apply(db, args, scope);
      return { ...done, db: { ...done.db, leases: [...done.db.leases, ...db.leases] } };
    },
  },
};

const unheard: Partial<ActionTable> = {
  CompleteFast: {
    ...CompleteFast,
    learn: (env, args, outcome, before, scope) => ({
      ...CompleteFast.learn!(env, args, outcome, before, scope),
      acked: env.acked,
    }),
  },
};

const bug = (
  about: string,
  table: Partial<ActionTable>,
  configuration = "lifecycle",
): PropertyBug => ({ about, configuration, table });

export const propertyBugs: Partial<Record<InvariantName | StepPropertyName, PropertyBug>> = {
  OneWinnerPerToken: bug("a completion says completed of whatever it is given", alwaysCompleted),
  EveryJobInOnePlace: bug(
    "a cancelled job keeps its place in the lane",
    keeping("CancelReady", "readyTombstones"),
  ),
  CursorNeverPassesUnspent: bug("the cursor goes to the end of the lane", toTheEnd),
  LaneSeqUnique: bug("the numbers of a lane begin at one again", fromOneAgain),
  BodiesRetained: bug("a claim takes the rows that it hands out", withoutBodies),
  LeasesAreOpen: bug(
    "cancelling an attempt leaves its lease",
    keeping("CancelRunning", "leases"),
    "callbacks",
  ),
  LeasesHaveState: bug(
    "parking an attempt writes its lease and not its state",
    keeping("ParkForCallback", "attemptState"),
    "callbacks",
  ),
  OneLeasePerToken: bug(
    "parking an attempt again leaves its first lease",
    parkedBeside,
    "callbacks",
  ),
  NoOpenReceiptTruncated: bug(
    "prune does not look for open receipts",
    without("PruneClaims", "skippedActive claimOpen"),
  ),
  KeepsContract: bug("a worker is told of a completion that does not count", unheard),
};
