import pg from "pg";
import { openPostgres } from "../../src/postgres/server.js";
import { Driver } from "./driver.js";
import { names, type Name } from "./requests.js";
import { Meter } from "./server-cost.js";

const only = (process.argv[2]?.split(",") ?? names) as readonly Name[];
const JOBS = Number(process.argv[3] ?? 64000), BATCH = Number(process.argv[4] ?? 500), WORKERS = Number(process.argv[5] ?? 4);
const RATE = 800, SECONDS = Number(process.argv[6] ?? 8);
const server = await openPostgres({ kind: "embedded" } as never, {
  settings: { log_lock_waits: "on", deadlock_timeout: "10ms", max_connections: "60" },
});
const admin = new pg.Client(server.url);
await admin.connect();
await admin.query("create extension pg_walinspect");
const meter = new Meter(admin, server.pid!);
const q = (xs: readonly number[], p: number) => [...xs].sort((a, b) => a - b)[Math.floor(p * (xs.length - 1))]!;
try {
  for (const name of only) {
    const db = name.replace(/\W/g, "_");
    await admin.query(`create database ${db}`);
    await admin.query("checkpoint");
    const url = server.url.replace("/postgres?", `/${db}?`);
    await Driver.with("/tmp/peers/node_modules/.bin/node", name, { url, folder: "/tmp/peers", batch: BATCH, workers: WORKERS }, async (d) => {
      const run = async (title: string, what: "enqueue" | "drain") => {
        const [a, c] = await meter.during(() => d.ask({ what, jobs: JOBS }));
        console.log(`${name} ${title}: ${Math.round(JOBS / a.ms * 1000)}/s cpu ${(c.cpu * 1000 / JOBS).toFixed(1)} us wal ${Math.round(c.wal / JOBS)} B ${(c.walRecords / JOBS).toFixed(2)} rec`);
      };
      const offer = async (title: string) => {
        const [a, c] = await meter.during(() => d.ask({ what: "offer", rate: RATE, seconds: SECONDS }));
        const n = RATE * SECONDS;
        console.log(`${name} ${title}: p50 ${q(a.latencies, .5).toFixed(1)} p99 ${q(a.latencies, .99).toFixed(1)} cpu ${(c.cpu * 1000 / n).toFixed(1)} us wal ${Math.round(c.wal / n)} rec ${(c.walRecords / n).toFixed(2)}`);
      };
      await d.ask({ what: "enqueue", jobs: 2000 }); await d.ask({ what: "drain", jobs: 2000 });
      await run("enqueue", "enqueue");
      await run("drain", "drain");
      await offer("offer");
      const pin = new pg.Client(url); await pin.connect();
      await pin.query("begin isolation level repeatable read"); await pin.query("select 1 from pg_class limit 1");
      for (let i = 0; i < 2; i++) { await d.ask({ what: "enqueue", jobs: JOBS }); await d.ask({ what: "drain", jobs: JOBS }); }
      await run("pinned enqueue", "enqueue");
      await run("pinned drain", "drain");
      await offer("pinned offer");
      await d.ask({ what: "close" });
      await pin.end();
    });
    await admin.query(`drop database ${db}`);
  }
} finally { await admin.end(); await server.stop(); }
