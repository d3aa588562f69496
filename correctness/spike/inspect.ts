// Looks at what the encodings make Postgres do: relation locks, plans, index choice, TOAST.
//   node dist/correctness/spike/inspect.js [locks] [plans] [gin] [toast] [--quick]

import type pg from "pg";
import { fill, fresh, quick, runChecks, walOf } from "./bench.js";
import { claim, complete, encodings } from "./encodings.js";
import { install } from "./server.js";
import type { Connect } from "./server.js";

/** Locks the open transaction of `client` holds, as counts per mode, and partitions by name. */
async function locksHeld(client: pg.Client) {
  const { rows } = await client.query(
    `select c.relname, c.relkind::text as kind, l.mode
       from pg_locks l join pg_class c on c.oid = l.relation
      where l.pid = pg_backend_pid() and l.locktype = 'relation'
        and c.relnamespace in (current_schema()::regnamespace, 'pg_toast'::regnamespace)
      order by 1, 3`,
  );
  const held = rows as { relname: string; kind: string; mode: string }[];
  const leaves = held.filter(({ kind, relname }) => kind === "r" && /_\d+$/.test(relname));
  return {
    relations: new Set(held.map(({ relname }) => relname)).size,
    partitions: new Set(leaves.map(({ relname }) => relname)).size,
    list: held
      .filter(({ kind }) => !/[iS]/i.test(kind))
      .map(({ relname, mode }) => `${relname} ${mode.replace("Lock", "")}`),
  };
}

const modes = ["force_custom_plan", "auto", "force_generic_plan"];

async function measureLocks(connect: Connect): Promise<void> {
  const table: Record<string, Record<string, string>> = {};
  for (const encoding of encodings) {
    for (const mode of encoding.ring ? modes : ["auto"]) {
      const { schema, client } = await fresh(connect, encoding);
      const { rows } = await client.query(
        `select oid::regprocedure::text as name from pg_proc
          where pronamespace = $1::regnamespace and prokind = 'f'`,
        [schema],
      );
      for (const { name } of rows) {
        await client.query(`alter function ${name} set plan_cache_mode = ${mode}`);
      }
      await client.end();
      const worker = await connect(schema);
      await fill(worker, 2000);
      for (const call of [1, 2, 7]) {
        for (let k = call === 7 ? 3 : call; k < call; k += 1) {
          await complete(worker, encoding, await claim(worker, encoding, 1, 10));
        }
        await worker.query("begin");
        const tokens = await claim(worker, { ...encoding, ring: false }, 1, 10);
        const claimed = await locksHeld(worker);
        await worker.query("commit; begin");
        await complete(worker, encoding, tokens);
        const completed = await locksHeld(worker);
        await worker.query("commit");
        for (const [what, held] of Object.entries({ claim: claimed, complete: completed })) {
          const row = (table[`${encoding.name} ${what}`] ??= {});
          row[`${mode.replace(/force_|_plan/g, "")} #${call}`] =
            `${held.relations} (${held.partitions})`;
          if (call === 7 && mode === "force_custom_plan") {
            console.log(`${encoding.name} ${what}: ${held.list.join(", ")}`);
          }
        }
      }
      await worker.end();
    }
  }
  console.log("\nrelations locked when a call for 10 jobs returns (leaf tables in brackets)");
  console.table(table);
}

/** Drains a slot that has no statistics, with the spent check as a probe and as a plain join. */
async function measurePlans(connect: Connect): Promise<void> {
  const table: Record<string, unknown> = {};
  for (const encoding of encodings.filter(({ ring }) => ring)) {
    for (const shape of ["probe", "join"]) {
      const { client } = await fresh(connect, encoding);
      const {
        rows: [{ source }],
      } = await client.query("select pg_get_functiondef('claim'::regproc) as source");
      if (shape === "join") await client.query(source.replaceAll("offset 0", ""));
      await fill(client, quick ? 8_000 : 20_000);
      const start = performance.now();
      let calls = 0;
      while ((await claim(client, encoding, 1, 100)).length > 0) calls += 1;
      table[`${encoding.name} ${shape}`] = { "ms/claim": (performance.now() - start) / calls };
      await client.end();
    }
  }
  console.log("\none claim of 100 from a slot without statistics, mean over the slot");
  console.table(table);
}

/** The same completions as one array row under GIN and as one narrow row per attempt. */
async function measureGin(connect: Connect): Promise<void> {
  const client = await connect();
  await client.query(`create table arrays (slot int, job_ids bigint[], run_leases int[]);
    create index by_job on arrays using gin (job_ids);
    create table narrow (slot int, job_id bigint, run_lease int, at timestamptz,
                         primary key (slot, job_id, run_lease))`);
  const table: Record<string, unknown> = {};
  for (const size of [1, 10, 100]) {
    const jobs = "select n, 1 as one from generate_series($1::bigint, $2::bigint) n";
    const shapes = {
      gin: `insert into arrays select 0, array_agg(n), array_agg(one) from (${jobs}) j`,
      rows: `insert into narrow select 0, n, one, now() from (${jobs}) j`,
    };
    const row: Record<string, number> = {};
    for (const [shape, text] of Object.entries(shapes)) {
      const wal = await walOf(client, async () => {
        for (let k = 0; k < 4000 / size; k += 1) {
          const first = size * 1e6 + k * size;
          await client.query({ text, values: [first, first + size - 1] });
        }
        // What a GIN insert defers to its pending list is paid here.
        if (shape === "gin") await client.query("select gin_clean_pending_list('by_job')");
      });
      row[shape] = Math.round(wal.bytes / 4000);
    }
    table[`batch ${size}`] = row;
  }
  console.log("\nWAL bytes per job of completions, flush of the GIN pending list included");
  console.table(table);
}

/** Where the arrays of one receipt go as the claimed batch grows. */
async function measureToast(connect: Connect): Promise<void> {
  const batch = encodings.find(({ name }) => name === "row_per_batch")!;
  const client = await connect();
  await install(client, "toast", batch.files);
  await fill(client, 10_000);
  const table: Record<string, unknown> = {};
  for (const size of [50, 100, 200, 500, 1000, 2000]) {
    await claim(client, batch, 1, size);
    const {
      rows: [row],
    } = await client.query(
      `select cardinality(job_ids) as members, pg_column_compression(job_ids) as compression,
              pg_column_size(job_ids) + pg_column_size(run_leases) + pg_column_size(lane_seqs)
                as bytes,
              (select pg_relation_size(reltoastrelid) from pg_class
                where oid = 'lease_claims_0'::regclass)::int as toast
         from lease_claims order by receipt_seq desc limit 1`,
    );
    table[`claim of ${size}`] = row;
  }
  console.log("\narrays of one receipt: stored bytes and size of the TOAST table so far");
  console.table(table);
}

await runChecks({
  locks: measureLocks,
  plans: measurePlans,
  gin: measureGin,
  toast: measureToast,
});
