import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { findJar } from "../../correctness/tlc/jar.js";
import { findJava } from "../../correctness/tlc/java.js";
import { runTlc } from "../../correctness/tlc/run.js";
import { executable, temporary, writeSpec } from "./fixture.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

const ENDLESS = `---- MODULE Endless ----
EXTENDS Naturals
VARIABLE x
Init == x = 0
Next == x' = x + 1
====
`;

/** A `java` that leaves its process id where the test finds it, then becomes what it is told. */
async function javaThatTellsItsPid(becomes: string) {
  const dir = await temporary();
  const [path, pidFile] = [join(dir, "java"), join(dir, "pid")];
  await executable(path, `echo $$ > '${pidFile}'`, becomes);
  /** A killed orphan that nobody has waited for yet is a zombie, which is not running. */
  const isRunning = async () => {
    const args = ["-o", "stat=", "-p", (await readFile(pidFile, "utf8")).trim()];
    const printed = await promisify(execFile)("ps", args).catch(() => ({ stdout: "" }));
    return /^[^Z]/.test(printed.stdout.trim());
  };
  return { path, isRunning };
}

/** Waits until TLC has made its directory of states, so that there is something to clean up. */
async function underWay(scratch: string) {
  const find = async () => {
    const files = await readdir(scratch, { recursive: true });
    expect(files.some((file) => /meta.\d/.test(file))).toBe(true);
  };
  await vi.waitFor(find, { timeout: 20_000 });
}

async function endless() {
  const cfg = "INIT Init\nNEXT Next\n";
  const written = await writeSpec(await temporary(), { Endless: ENDLESS }, cfg);
  const [jar, real] = [await findJar(), await findJava()];
  const java = await javaThatTellsItsPid(`exec '${real.path}' "$@"`);
  const scratch = await temporary();
  const options = { jar: jar.path, java: java.path, ...written };
  return { options, java, scratch };
}

afterEach(() => vi.unstubAllEnvs());

describe("in this process", () => {
  const dump = { onState: () => undefined, onEdge: () => undefined };

  test("an abort ends Java and removes everything", async () => {
    const { options, java, scratch } = await endless();
    vi.stubEnv("TMPDIR", scratch);
    const controller = new AbortController();
    const running = runTlc({ ...options, dump, signal: controller.signal });
    await underWay(scratch);
    expect(await readdir(scratch)).toHaveLength(1);
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    expect(await readdir(scratch)).toEqual([]);
    expect(await java.isRunning()).toBe(false);
    expect(await readdir(options.specDir)).toEqual(["Endless.tla", "test.cfg"]);
    const late = runTlc({ ...options, signal: controller.signal });
    await expect(late).rejects.toThrow("enough");
  });

  test("a reader of the graph that throws stops TLC", async () => {
    const { options, java, scratch } = await endless();
    vi.stubEnv("TMPDIR", scratch);
    const onState = () => {
      throw new Error("no room for this");
    };
    const running = runTlc({ ...options, dump: { ...dump, onState } });
    await expect(running).rejects.toThrow("no room for this");
    expect(await readdir(scratch)).toEqual([]);
    expect(await java.isRunning()).toBe(false);
  });

  test("a timeout is a failed run, with the counts so far", async () => {
    const { options, java, scratch } = await endless();
    vi.stubEnv("TMPDIR", scratch);
    const result = await runTlc({ ...options, dump, timeoutSeconds: 3 });
    expect(result).toMatchObject({ verdict: "failed", reason: "stopped after 3 seconds" });
    expect(result.graph?.complete).toBe(false);
    expect(await readdir(scratch)).toEqual([]);
    expect(await java.isRunning()).toBe(false);
  });

  test.each([
    ["echo 'java.io.IOException: No space left on device' >&2; exit 1", "the disk is full"],
    ["echo 'Could not reserve enough space' >&2; exit 1", /exit code 1:\nCould not reserve/],
    ["echo 'java.lang.OutOfMemoryError: Java heap space' >&2; exit 255", "ran out of memory"],
    ["kill -9 $$", /ended from outside \(SIGKILL\)/],
  ])("when Java does this: %s", async (script, message) => {
    const { options, scratch } = await endless();
    const java = await javaThatTellsItsPid(script);
    vi.stubEnv("TMPDIR", scratch);
    await expect(runTlc({ ...options, dump, java: java.path })).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(message),
    });
    expect(await readdir(scratch)).toEqual([]);
  });

  test("Java ends before anybody has begun to read its dump", async () => {
    const { options, scratch } = await endless();
    const slow = await mkdtemp(join(tmpdir(), "ringproof-test-"));
    await executable(join(slow, "cat"), "sleep 1", 'exec /bin/cat "$@"');
    const java = await javaThatTellsItsPid("echo 'Could not reserve enough space' >&2; exit 1");
    vi.stubEnv("TMPDIR", scratch);
    vi.stubEnv("PATH", `${slow}:${process.env.PATH}`);
    const running = runTlc({ ...options, dump, java: java.path });
    await expect(running).rejects.toThrow(/Could not reserve/);
    await rm(slow, { recursive: true });
  });
});

describe("in a process that is stopped", () => {
  let compiled: string;

  beforeAll(async () => {
    compiled = await mkdtemp(join(tmpdir(), "ringproof-test-"));
    const args = ["-p", ROOT, "--noCheck", "--incremental", "false", "--outDir", compiled];
    await promisify(execFile)(join(ROOT, "node_modules", ".bin", "tsc"), args);
    const script = `import { runTlc } from "./correctness/tlc/run.js";
const [options, ending] = JSON.parse(process.argv[2]);
process.on("message", () => {
  if (ending === "exit") process.exit(3);
  throw new Error("thrown while TLC runs");
});
await runTlc({ ...options, dump: { onState() {}, onEdge() {} } });
`;
    await writeFile(join(compiled, "stopped.js"), script);
    await writeFile(join(compiled, "package.json"), '{"type":"module"}');
  });

  afterAll(() => rm(compiled, { recursive: true }));

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["exit", 3],
    ["throw", 1],
  ])("by %s, nothing stays behind", async (ending, code) => {
    const { options, java, scratch } = await endless();
    const child = spawn(
      process.execPath,
      [join(compiled, "stopped.js"), JSON.stringify([options, ending])],
      { env: { ...process.env, TMPDIR: scratch }, stdio: ["ignore", "ignore", "pipe", "ipc"] },
    );
    let said = "";
    child.stderr!.on("data", (chunk) => (said += chunk));
    const closed = new Promise((resolve) => child.once("close", resolve));
    await underWay(scratch);
    if (ending.startsWith("SIG")) child.kill(ending as NodeJS.Signals);
    else child.send("now");
    expect(await closed).toBe(code);
    expect(said).toMatch(ending === "throw" ? /thrown while TLC runs/ : /^$/);
    expect(await readdir(scratch)).toEqual([]);
    await vi.waitFor(async () => expect(await java.isRunning()).toBe(false));
  });
});
