/**
 * The process in which one contestant is driven, so that each has a Node and a heap of its own.
 * Its parent asks for one thing after the other.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Body, Contestant, Terms } from "./contestants/contestant.js";
import { GraphileWorker } from "./contestants/graphile-worker.js";
import { PgBoss } from "./contestants/pg-boss.js";
import { PlainTable } from "./contestants/plain-table.js";
import { Ringproof } from "./contestants/ringproof.js";
import type { Answer, Name, Request } from "./requests.js";

const contestants: Readonly<Record<Name, new (terms: Terms) => Contestant>> = {
  ringproof: Ringproof,
  "pg-boss": PgBoss,
  "graphile-worker": GraphileWorker,
  "plain table": PlainTable,
};

/** As many bytes as an address and a subject may have. */
const text = "x".repeat(60);
const TICK_MS = 10;
const PRODUCERS = 2;

let contestant: Contestant;
let batch: number;

const bodies = (count: number, at = Date.now()): Body[] =>
  Array.from({ length: count }, () => ({ at, text }));

async function enqueue(jobs: number): Promise<void> {
  let left = jobs;
  const produce = async () => {
    while (left > 0) {
      const count = Math.min(batch, left);
      left -= count;
      await contestant.enqueue(bodies(count));
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, produce));
}

/** Until so many jobs are done; told of each when it is. */
function working(jobs: number, each: (body: Body) => void = () => undefined) {
  let left = jobs;
  let finish: () => void;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const workers = contestant.work((some) => {
    some.forEach(each);
    left -= some.length;
    if (left === 0) finish();
  });
  return { done, stop: () => workers.stop() };
}

async function drain(jobs: number): Promise<number> {
  const started = performance.now();
  const { done, stop } = working(jobs);
  await done;
  const ms = performance.now() - started;
  await stop();
  return ms;
}

/** Jobs come when they are due, whether those before them are done or not. */
async function offer(rate: number, seconds: number): Promise<number[]> {
  const jobs = rate * seconds;
  const latencies: number[] = [];
  const { done, stop } = working(jobs, ({ at }) => latencies.push(Date.now() - at));
  const started = Date.now();
  const sent: Promise<void>[] = [];
  for (let offered = 0; offered < jobs; ) {
    await sleep(TICK_MS);
    const due = Math.min(jobs, Math.floor(((Date.now() - started) * rate) / 1_000));
    const some = Array.from({ length: due - offered }, (_, i) => ({
      at: started + ((offered + i) * 1_000) / rate,
      text,
    }));
    if (some.length > 0) sent.push(contestant.enqueue(some));
    offered = due;
  }
  await Promise.all(sent);
  await done;
  await stop();
  return latencies;
}

async function answer(request: Request): Promise<Answer> {
  switch (request.what) {
    case "install":
      batch = request.terms.batch;
      contestant = new contestants[request.name](request.terms);
      await contestant.install();
      return { ms: 0, latencies: [] };
    case "enqueue": {
      const started = performance.now();
      await enqueue(request.jobs);
      return { ms: performance.now() - started, latencies: [] };
    }
    case "drain":
      return { ms: await drain(request.jobs), latencies: [] };
    case "offer":
      return { ms: request.seconds * 1_000, latencies: await offer(request.rate, request.seconds) };
    case "close":
      await contestant.close();
      return { ms: 0, latencies: [] };
  }
}

process.on("message", (request: Request) => {
  answer(request).then(
    (result) => process.send!(result),
    (error: Error) => process.send!({ error: error.stack ?? error.message }, () => process.exit(1)),
  );
});
