/**
 * The negative configurations of LockOrder on Postgres: what is changed in the SQL, the rows that
 * the calls meet, and the calls themselves, in the order of the plans.
 */

import type { PostgresStorage } from "../../src/postgres/storage.js";
import { changedSql } from "../mutants/changed-sql.js";
import type { Call } from "./stage.js";

export interface Wrong {
  /** In the manifest. */
  readonly config: string;
  readonly sessions: number;
  readonly amend: () => string;
  /** Makes the start state; returns one call per session. */
  readonly begin: (storage: PostgresStorage) => Promise<readonly Call[]>;
}

const now = new Date("2026-01-01T00:00:00Z");
const later = new Date("2026-01-02T00:00:00Z");
const literal = (date: Date): string => `'${date.toISOString()}'`;

const lanes = async (storage: PostgresStorage): Promise<readonly [number, number]> => [
  await storage.ensureLane("a", 1, 0),
  await storage.ensureLane("b", 1, 0),
];

/** Jobs of these lanes, one each; their ids. */
async function jobs(
  storage: PostgresStorage,
  of: readonly number[],
  runAt = now,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const lane of of) ids.push(...(await storage.enqueue(lane, [{}], runAt, now)));
  return ids;
}

const promote = (ids: readonly string[]): Call => ({
  operation: "PromoteDeferred",
  text: `select ringproof.promote_deferred(array[${ids.join()}], ${literal(later)})`,
});

const oppositeLanes: Wrong = {
  config: "lock-lanes",
  sessions: 2,
  amend: () =>
    changedSql(
      "producers",
      "append_ready",
      "from unnest(p_arrivals) group by lane_id order by lane_id",
      "from unnest(p_arrivals) with ordinality a group by lane_id order by min(a.ordinality)",
    ),
  async begin(storage) {
    const [a, b] = await lanes(storage);
    const [inA, inB, alsoInA, alsoInB] = await jobs(storage, [a, b, a, b], later);
    return [promote([inA!, inB!]), promote([alsoInB!, alsoInA!])];
  },
};

const cancel = (ids: readonly string[], settings: string): Call => ({
  operation: "CancelReady",
  text: `select ringproof.cancel_ready(array[${ids.join()}], ${literal(now)})`,
  settings,
});

const byPlace = "set enable_indexscan = off; set enable_bitmapscan = off";
const byIndex = "set enable_seqscan = off; set enable_bitmapscan = off";

const unordered: Wrong = {
  config: "lock-unordered",
  sessions: 2,
  amend: () =>
    changedSql(
      "admin",
      "lock_lanes_of",
      "any (v_lanes) order by lane_id for update",
      "any (v_lanes)\n  and ringproof.breakpoint('lock_lanes_of.row') for update",
    ),
  async begin(storage) {
    const [a, b] = await lanes(storage);
    const [spent, ...ids] = await jobs(storage, [a, a, b, a, b]);
    // The row of lane a is written again, behind that of lane b.
    await storage.cancelReady([spent!], now);
    await storage.advanceClaimCursor(a, now);
    return [cancel(ids.slice(0, 2), byPlace), cancel(ids.slice(2), byIndex)];
  },
};

const claim = (lane: number): Call => ({
  operation: "Claim",
  text: `select * from ringproof.claim(${lane}, 1, null, ${literal(now)})`,
});

const patient: Wrong = {
  config: "lock-waits",
  sessions: 3,
  amend: () =>
    changedSql(
      "slots",
      "try_lock_slot",
      "lock table only ringproof.%I in %s mode nowait",
      "lock table only ringproof.%I in %s mode",
    ),
  async begin(storage) {
    const [a, b] = await lanes(storage);
    // Nothing needs the first slot any more, but claims still begin their search there.
    const [spent] = await jobs(storage, [a]);
    await storage.cancelReady([spent!], now);
    await storage.rotateQueue(now);
    await jobs(storage, [a, b]);
    const prune = {
      operation: "PruneQueue",
      text: `select ringproof.prune_queue(${literal(now)})`,
    };
    return [claim(a), prune, claim(b)];
  },
};

export const wrongs: readonly Wrong[] = [oppositeLanes, unordered, patient];
