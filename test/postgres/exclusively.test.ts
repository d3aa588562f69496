import { expect, test } from "vitest";
import { install, uninstall } from "../../src/postgres/install.js";
import { connect, openPostgres } from "../../src/postgres/server.js";

const schema = "ringproof";

test("an uninstall that a session of a worker deadlocks with begins again", async () => {
  const server = await openPostgres({ kind: "embedded" });
  const client = await connect(server);
  const worker = await connect(server);
  try {
    await install(client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
    await worker.query("set deadlock_timeout = '1h'");
    await client.query("set deadlock_timeout = '1s'");
    await worker.query(`begin; lock table ${schema}.unique_keys in access share mode`);
    const uninstalled = uninstall(client, { schema });
    const waits = `select from pg_locks where not granted and mode = 'AccessExclusiveLock'`;
    const observer = await connect(server);
    while ((await observer.query(waits)).rowCount === 0);
    const held = `select relation::regclass::text as name from pg_locks
      where granted and mode = 'AccessExclusiveLock'
        and relation::regclass::text like '${schema}.%'`;
    const [{ name }] = (await observer.query<{ name: string }>(held)).rows as [{ name: string }];
    await observer.end();
    await worker.query(`lock table ${name} in access share mode; commit`);
    await uninstalled;
    const { rowCount } = await client.query("select from pg_namespace where nspname = $1", [
      schema,
    ]);
    expect(rowCount).toBe(0);
  } finally {
    await client.end();
    await worker.end();
    await server.stop();
  }
});
