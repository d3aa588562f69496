// Measures WAL, drain rate and mutexes of the encodings beside a plain SKIP LOCKED table.
//   node dist/correctness/spike/measure.js [wal] [drain] [pinned] [mutex] [--quick]
// Rounds are interleaved over the encodings; every figure is a median, every ratio is within a run.

import { readFile } from "node:fs/promises";
import type pg from "pg";
import { Samples, fill, fresh, quick, rounds, runChecks, walOf } from "./bench.js";
import { claim, complete, encodings, enqueue } from "./encodings.js";
import type { Encoding, Mutex, Token } from "./encodings.js";
import type { Connect } from "./server.js";

async function measureWal(connect: Connect): Promise<void> {
  const samples = new Samples();
  for (const size of [1, 10, 100]) {
    const benches = [];
    for (const encoding of encodings) benches.push(await fresh(connect, encoding));
    for (let i = -1; i < rounds; i += 1) {
      for (const { encoding, client } of benches) {
        const batches = Math.max(5, Math.ceil((quick ? 100 : 400) / size));
        const claimed: (readonly Token[])[] = [];
        const phases = {
          enqueue: () => enqueue(client, 1, size),
          claim: async () => {
            claimed.push(await claim(client, encoding, 1, size));
          },
          complete: async () => {
            await complete(client, encoding, claimed.pop() ?? []);
          },
        };
        for (const [phase, call] of Object.entries(phases)) {
          const wal = await walOf(client, async () => {
            for (let k = 0; k < batches; k += 1) await call();
          });
          if (i < 0) continue;
          samples.add(`${size} ${encoding.name}`, {
            [`${phase} B`]: wal.bytes / batches / size,
            [`${phase} rec`]: wal.records / batches / size,
            [`${phase} fpi`]: wal.images / batches / size,
          });
        }
      }
    }
    for (const { client } of benches) await client.end();
  }
  samples.print("WAL per job: bytes, records, full page image bytes; by batch size and encoding");
}

async function cpuSeconds(clients: readonly pg.Client[]): Promise<number> {
  let ticks = 0;
  for (const client of clients) {
    const pid = (client as unknown as { processID: number }).processID;
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

async function drain(encoding: Encoding, clients: readonly pg.Client[]) {
  let jobs = 0;
  const cpu = await cpuSeconds(clients);
  const start = performance.now();
  await Promise.all(
    clients.map(async (client, worker) => {
      for (;;) {
        const tokens = await claim(client, encoding, worker + 1, 100);
        if (tokens.length === 0) return;
        const completed = await complete(client, encoding, tokens);
        jobs += completed;
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const used = (await cpuSeconds(clients)) - cpu;
  return { jobs, "jobs/s": jobs / seconds, "cpu µs/job": (used / jobs) * 1e6 };
}

async function measureDrain(connect: Connect, pinned: boolean): Promise<void> {
  const samples = new Samples();
  const jobs = quick ? 6_000 : 30_000;
  for (let i = 0; i < rounds; i += 1) {
    for (const encoding of encodings) {
      const { schema, client } = await fresh(connect, encoding);
      const clients = [client, await connect(schema)];
      await fill(client, jobs);
      await client.query("vacuum analyze");
      await drain(encoding, clients);
      await fill(client, jobs);
      await client.query("vacuum analyze");
      const clean = await drain(encoding, clients);
      const sample: Record<string, number> = { ...clean };
      if (pinned) {
        const reader = await connect(schema);
        await reader.query("begin isolation level repeatable read; select 1 from pg_class");
        await fill(client, jobs);
        await drain(encoding, clients);
        await fill(client, jobs);
        const held = await drain(encoding, clients);
        Object.assign(sample, {
          "pinned jobs/s": held["jobs/s"],
          "pinned/clean": held["jobs/s"] / clean["jobs/s"],
          "pinned cpu": held["cpu µs/job"],
        });
        await reader.end();
      }
      const plain = encoding.ring ? (samples.rows.get("plain") ?? {}) : {};
      const last = (name: "jobs/s" | "cpu µs/job") => plain[name]?.at(-1) ?? clean[name];
      samples.add(encoding.name, {
        ...sample,
        "rate/plain": clean["jobs/s"] / last("jobs/s"),
        "cpu/plain": clean["cpu µs/job"] / last("cpu µs/job"),
      });
      for (const open of clients) await open.end();
      await (await connect()).query(`drop schema ${schema} cascade`);
    }
  }
  samples.print(`drain of ${jobs} jobs, 2 connections, batch 100${pinned ? ", then pinned" : ""}`);
}

/** Completes in batches of 1, 10 and 100, and 100 tokens gathered from 100 receipts ("1x100"). */
async function measureMutex(connect: Connect): Promise<void> {
  const samples = new Samples();
  const shapes = [
    [1, 1],
    [10, 1],
    [100, 1],
    [1, 100],
  ] as const;
  for (const encoding of encodings) {
    const { client } = await fresh(connect, encoding);
    const mutexes: readonly Mutex[] = encoding.ring ? ["none", "row", "advisory"] : ["none"];
    for (let i = -1; i < rounds; i += 1) {
      for (const [size, receipts] of shapes) {
        for (const mutex of mutexes) {
          const calls = receipts > 1 ? 2 : 20;
          await enqueue(client, 1, calls * size * receipts);
          const batches: Token[][] = [];
          for (let k = 0; k < calls * receipts; k += 1) {
            if (k % receipts === 0) batches.push([]);
            batches.at(-1)?.push(...(await claim(client, encoding, 1, size)));
          }
          await client.query("set synchronous_commit = off");
          const start = performance.now();
          const wal = await walOf(client, async () => {
            for (const batch of batches) await complete(client, encoding, batch, mutex);
          });
          const micros = ((performance.now() - start) / calls) * 1000;
          await client.query("reset synchronous_commit");
          if (i < 0) continue;
          samples.add(`${encoding.name} ${size}x${receipts} ${mutex}`, {
            "B/call": wal.bytes / calls,
            "rec/call": wal.records / calls,
            "µs/call": micros,
          });
        }
      }
    }
    await client.end();
  }
  samples.print("one complete_fast call (tokens per receipt x receipts), by mutex");
}

await runChecks({
  wal: measureWal,
  drain: (connect) => measureDrain(connect, false),
  pinned: (connect) => measureDrain(connect, true),
  mutex: measureMutex,
});
