/** How jobs enter lanes and change them, and how whole queues are claimed from. */

import type { Claimer, ClaimerTerms, HeldSlot } from "./answers.js";
import {
  fieldsOf,
  id,
  ids,
  interval,
  jsons,
  list,
  someText,
  time,
  timeOrNull,
  whole,
} from "./arguments.js";
import { callsOf, limitOf } from "./calls.js";

export function producerCalls(schema: string) {
  const { answers, onJobs } = callsOf(schema);
  const jobs = (laneId: number, payloads: readonly unknown[], runAt: Date, now: Date) => [
    whole("laneId", laneId),
    jsons("payloads", payloads),
    time("runAt", runAt),
    time("now", now),
  ];
  return {
    enqueue: (...args: Parameters<typeof jobs>) =>
      answers("enqueue($1, $2, $3, $4)", ...jobs(...args)),
    enqueueUnique: (
      laneId: number,
      payloads: readonly unknown[],
      uniqueKeys: readonly (string | null)[],
      runAt: Date,
      now: Date,
    ) => {
      const keys = list("uniqueKeys", uniqueKeys, (name, key) =>
        key === null ? null : someText(name, key),
      );
      const values = jobs(laneId, payloads, runAt, now);
      return answers("enqueue($1, $2, $3, $4, $5)", ...values, keys);
    },
    promoteDeferred: onJobs("promote_deferred"),
  };
}

export function laneCalls(schema: string) {
  const { answers, words, rows, onJobs } = callsOf(schema);
  /** With where the jobs are to go. */
  const moving = (name: string, jobIds: readonly string[], where: unknown, now: Date) =>
    words(`${name}($1, $2, $3)`, ids("jobIds", jobIds), where, time("now", now));
  return {
    ensureLane: (queue: string, priority: number, shard: number) =>
      answers(
        "ensure_lane($1, $2, $3)",
        someText("queue", queue),
        whole("priority", priority),
        whole("shard", shard, 0),
      ),
    claimFromQueue: (
      queue: string,
      limit: number,
      deadline: Date | null,
      ageing: number,
      now: Date,
    ) =>
      rows(
        "claim_from_queue($1, $2, $3, $4, $5)",
        someText("queue", queue),
        limitOf(limit),
        timeOrNull("deadline", deadline),
        interval("ageing", ageing),
        time("now", now),
      ),
    moveReady: (jobIds: readonly string[], laneId: number, now: Date) =>
      moving("move_ready", jobIds, whole("laneId", laneId), now),
    reprioritise: (jobIds: readonly string[], priority: number, now: Date) =>
      moving("reprioritise", jobIds, whole("priority", priority), now),
    moveQueue: (jobIds: readonly string[], queue: string, now: Date) =>
      moving("move_queue", jobIds, someText("queue", queue), now),
    cancelReady: onJobs("cancel_ready"),
    cancelRunning: onJobs("cancel_running"),
  };
}

const namesOf = (by: Claimer): readonly string[] => {
  const { queue, owner } = fieldsOf("claimer", by, ["queue", "owner"]);
  return [someText("queue", queue), someText("owner", owner)];
};

export function claimerCalls(schema: string) {
  const { answers } = callsOf(schema);
  return {
    acquireClaimer: (by: Claimer, terms: ClaimerTerms, now: Date) => {
      const { slots, ttl, idle } = fieldsOf("terms", terms, ["slots", "ttl", "idle"]);
      return answers(
        "acquire_claimer($1, $2, $3, $4, $5, $6)",
        ...namesOf(by),
        whole("slots", slots, 1, MOST_CLAIMERS),
        interval("ttl", ttl),
        interval("idle", idle),
        time("now", now),
      );
    },
    claimerClaimed: (by: Claimer, held: HeldSlot | null, terms: ClaimerTerms, now: Date) => {
      const { slot, epoch } = held === null ? noSlot : fieldsOf("held", held, ["slot", "epoch"]);
      const { ttl, idle } = fieldsOf("terms", terms, ["ttl", "idle"]);
      return answers(
        "claimer_claimed($1, $2, $3, $4, $5, $6, $7)",
        ...namesOf(by),
        slot === null ? null : whole("slot", slot, 0),
        epoch === null ? null : id("epoch", epoch),
        interval("ttl", ttl),
        interval("idle", idle),
        time("now", now),
      );
    },
  };
}
/** So many dispatch slots are looked at one by one. */
const MOST_CLAIMERS = 10_000;
const noSlot = { slot: null, epoch: null };
