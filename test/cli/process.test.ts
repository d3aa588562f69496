/** The command line as a process: what it says when something is missing, and what it leaves. */

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi, type TestContext } from "vitest";
import { packageRoot } from "../../src/package-root.js";
import { connect } from "../../src/postgres/server.js";
import { eventually, processesIn } from "../postgres/processes.js";

const program = join(packageRoot(), "dist", "correctness", "bin.js");
let scratch: string;

beforeAll(async () => {
  expect(existsSync(program), "run npm run build first").toBe(true);
  scratch = await mkdtemp(join(tmpdir(), "ringproof-test-"));
  await chmod(scratch, 0o755);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

interface Started {
  readonly child: ChildProcess;
  readonly said: { out: string; err: string };
  /** The exit code, or the signal. */
  readonly end: Promise<number | string>;
  /** What is still in its temporary directory, and which processes mention it. */
  left(): string[];
  readonly directory: string;
}

/** Starts a command with a temporary directory of its own; a failed test does not leave it. */
async function start(
  { onTestFailed }: TestContext,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Started> {
  const directory = await mkdtemp(join(scratch, "run-"));
  await chmod(directory, 0o755);
  const { DATABASE_URL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...inherited, TMPDIR: directory, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFailed(() => void child.kill());
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.err += text));
  const end = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  const left = () => [...readdirSync(directory), ...processesIn(directory)];
  return { child, said, end, left, directory };
}

describe.concurrent("what is missing or wrong is one message, and nothing is left", () => {
  test.for([
    [
      "no Java on the PATH",
      ["tlc", "slots"],
      { PATH: "", JAVA_HOME: "" },
      /^error: TLC needs Java, .* on the PATH\.\nInstall a Java runtime, version 11 or later .*\n$/,
    ],
    [
      "no Java for a witness",
      ["witness", "snooze"],
      { PATH: "", JAVA_HOME: "" },
      /^error: TLC needs Java, .* on the PATH\.\nInstall a Java runtime, version 11 or later .*\n$/,
    ],
    [
      "no Postgres for a witness",
      ["witness", "dlq-retry", "--pg", "postgres://127.0.0.1:1/x"],
      {},
      /^(?:witness .*\n)*error: Nothing listens at 127\.0\.0\.1:1\.\nStart Postgres, .*\n$/,
    ],
    [
      "no Java in JAVA_HOME",
      ["graph", "slots"],
      { JAVA_HOME: "/nowhere" },
      /^error: TLC needs Java, .* \(\/nowhere\)\.\nInstall a Java runtime, version 11 .*\n$/,
    ],
    [
      "a jar with another hash",
      ["tlc", "slots"],
      { TLA2TOOLS_JAR: join(packageRoot(), "package.json") },
      /^error: TLA2TOOLS_JAR \(.*\) is refused: its SHA-256 is [0-9a-f]{64}, .*\.\nUse .*\n$/,
    ],
    [
      "no jar where TLA2TOOLS_JAR says",
      ["tlc", "slots"],
      { TLA2TOOLS_JAR: "/nowhere/tla2tools.jar" },
      /^error: TLA2TOOLS_JAR names no file: .*\/tla2tools\.jar\.\nCorrect it or unset it\.\n$/,
    ],
    [
      "no room for a cache of the jar",
      ["tlc", "slots"],
      { TLA2TOOLS_JAR: "", XDG_CACHE_HOME: "/proc/x" },
      /^error: The cache \/proc\/x\/ringproof cannot be made\.\nSet XDG_CACHE_HOME\.\n$/,
    ],
    [
      "a design that Postgres does not implement",
      ["conform", "spent-battery"],
      {},
      /^error: spent-battery describes a design that .*\nLook at it with: .*\n$/,
    ],
    [
      "no Postgres where --pg says",
      ["conform", "slots", "--pg", "postgres://127.0.0.1:1/x"],
      {},
      /^error: Nothing listens at 127\.0\.0\.1:1\.\nStart Postgres, .*\n$/,
    ],
    [
      "no Postgres for a soak",
      ["soak", "--pg", "postgres://127.0.0.1:1/x"],
      {},
      /^error: Nothing listens at 127\.0\.0\.1:1\.\nStart Postgres, .*\n$/,
    ],
    [
      "no Postgres where DATABASE_URL says",
      ["lockstep"],
      { DATABASE_URL: "postgres://127.0.0.1:1/x" },
      /^error: Nothing listens at 127\.0\.0\.1:1\.\nStart Postgres, .*\n$/,
    ],
  ] as const)("%s", async ([, args, env, message], context) => {
    const { said, end, left } = await start(context, args, env);
    expect(await end).toBe(2);
    expect(said.out).toBe("");
    expect(said.err).toMatch(message);
    expect(left()).toEqual([]);
  });
});

/** As a process of its own: a call that never returns could not be stopped in this one. */
test.each(["/proc/x", "/proc/x/y", "/proc/1/x/y", "/sys/x/y", "/dev/null/x/y"])(
  "a report folder that cannot be made is one message: %s",
  (dir) => {
    const args = [program, "check", "--report", dir];
    const limits = { timeout: 20_000, killSignal: "SIGKILL", encoding: "utf8" } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, args, limits);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^error: The report folder \/.* cannot be written: .*\nName a .*\n$/);
  },
);

/** The server's process, once the run has installed its schemas and is at work. */
async function serverOf({ directory }: Started): Promise<number> {
  const ready = () => {
    const [cluster] = readdirSync(directory).filter((name) => name.startsWith("ringproof-pg-"));
    const file = join(directory, cluster ?? "", "data", "postmaster.pid");
    const [pid, , , port, host, , , state] = readFileSync(file, "utf8").split("\n");
    expect(state!.trim()).toBe("ready");
    return { pid: Number(pid), port, host: encodeURIComponent(host!) };
  };
  const { pid, port, host } = await vi.waitFor(ready, { timeout: 20_000 });
  const url = `postgresql://postgres@localhost:${port}/postgres?host=${host}&sslmode=disable`;
  const client = await connect({ url });
  const atWork = async () => {
    const { rowCount } = await client.query(
      "select from pg_stat_activity where application_name = 'ringproof' and query ~ 'probe'",
    );
    expect(rowCount).toBeGreaterThan(1);
  };
  await vi.waitFor(atWork, { timeout: 20_000 }).finally(() => client.end());
  return pid;
}

describe.concurrent("in the middle of a run", () => {
  test("Ctrl-C ends it with 130 and leaves nothing", async (context) => {
    const started = await start(context, ["conform", "conform"]);
    await serverOf(started);
    expect(started.left().length).toBeGreaterThan(1);
    started.child.kill("SIGINT");
    expect(await started.end).toBe(130);
    expect(started.left()).toEqual([]);
    expect(started.said.out).toBe("");
    expect(started.said.err).not.toMatch(/error|mistake|^\s+at /m);
  });

  test("Ctrl-C ends a soak in which servers are killed, and leaves nothing", async (context) => {
    const started = await start(context, ["soak", "--minutes", "0.2"]);
    const atWork = () => expect(started.said.err).toMatch(/jobs ended [1-9]/);
    await vi.waitFor(atWork, { timeout: 30_000, interval: 200 });
    started.child.kill("SIGINT");
    expect(await started.end).toBe(130);
    expect(started.left()).toEqual([]);
    expect(started.said.out).toBe("");
    expect(started.said.err).not.toMatch(/error|mistake|^\s+at /m);
  });

  test("Postgres goes away: one message, exit code 2, nothing left", async (context) => {
    const started = await start(context, ["conform", "conform"]);
    process.kill(await serverOf(started), "SIGKILL");
    expect(await started.end).toBe(2);
    await eventually(() => started.left().length === 0);
    expect(started.left()).toEqual([]);
    expect(started.said.out).toBe("");
    const [message] = /^error: [^]*/m.exec(started.said.err)!;
    expect(message).toMatch(/^error: Postgres went away in the middle of the run\.\nLook at .*\n$/);
  });
});
