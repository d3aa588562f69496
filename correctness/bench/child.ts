/**
 * The process in which one contestant is driven, so that each has a Node and a heap of its own.
 * Its parent asks for one thing after the other; whatever goes wrong ends it.
 */

import type { Body, Contestant, Terms } from "./contestants/contestant.js";
import { GraphileWorker } from "./contestants/graphile-worker.js";
import { PgBoss } from "./contestants/pg-boss.js";
import { DeletingTable, PlainTable } from "./contestants/plain-table.js";
import { Ringproof } from "./contestants/ringproof.js";
import { Latencies, offer } from "./offers.js";
import type { Answer, Name, Request } from "./requests.js";

const contestants: Readonly<Record<Name, new (terms: Terms) => Contestant>> = {
  ringproof: Ringproof,
  "pg-boss": PgBoss,
  "graphile-worker": GraphileWorker,
  "plain-table": PlainTable,
  "plain-table-deleting": DeletingTable,
};

/** As many bytes as an address and a subject may have. */
const text = "x".repeat(60);
const PRODUCERS = 2;

let contestant: Contestant;
let batch: number;

async function enqueue(jobs: number): Promise<void> {
  let left = jobs;
  const produce = async () => {
    while (left > 0) {
      const length = Math.min(batch, left);
      left -= length;
      await contestant.enqueue(Array.from({ length }, () => ({ at: Date.now(), text })));
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, produce));
}

/** Workers until so many jobs are done; told of each when it is. */
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

async function drain(jobs: number): Promise<Answer> {
  const started = performance.now();
  const { done, stop } = working(jobs);
  await done;
  const ms = performance.now() - started;
  await stop();
  return { ms };
}

async function work(rate: number, seconds: number): Promise<Answer> {
  const started = Date.now();
  const latencies = new Latencies(started);
  const { done, stop } = working(rate * seconds, (body) => latencies.completed(body));
  await offer({ rate, seconds, started }, (dueAt) =>
    contestant.enqueue(dueAt.map((at) => ({ at, text }))),
  );
  await done;
  const ms = Date.now() - started;
  await stop();
  return { ms, offered: latencies.offered };
}

async function timed(body: () => Promise<void>): Promise<Answer> {
  const started = performance.now();
  await body();
  return { ms: performance.now() - started };
}

function answer(request: Request): Promise<Answer> {
  switch (request.what) {
    case "install":
      batch = request.terms.batch;
      contestant = new contestants[request.name](request.terms);
      return timed(() => contestant.install());
    case "enqueue":
      return timed(() => enqueue(request.jobs));
    case "drain":
      return drain(request.jobs);
    case "offer":
      return work(request.rate, request.seconds);
    case "close":
      return timed(() => contestant.close());
  }
}

process.on("message", async (request: Request) => process.send!(await answer(request)));
process.on("disconnect", () => process.exit());
// Ctrl-C is for the parent, which ends this process.
process.on("SIGINT", () => undefined);
