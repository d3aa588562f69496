import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.js";
import { eventually, processesIn } from "./processes.js";

const program = join(packageRoot(), "test", "postgres", "fixtures", "interrupted.mjs");
let scratch: string;

beforeAll(async () => {
  const built = existsSync(join(packageRoot(), "dist", "src", "postgres", "server.js"));
  expect(built, "run npm run build first").toBe(true);
  scratch = await mkdtemp(join(tmpdir(), "ringproof-test-"));
  await chmod(scratch, 0o755);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** A child in a temporary directory of its own: how it exits, and what it has left behind. */
async function endOf(ending: string, signal?: NodeJS.Signals, delayMs = 0) {
  const directory = await mkdtemp(join(scratch, "run-"));
  await chmod(directory, 0o755);
  const child = spawn(process.execPath, [program, ending], {
    env: { ...process.env, TMPDIR: directory },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exit = once(child, "exit");
  if (signal) {
    await once(createInterface(child.stdout), "line");
    await sleep(delayMs);
    child.kill(signal);
  }
  const [code, killedBy] = (await exit) as [number | null, string | null];
  const left = () => [...readdirSync(directory), ...processesIn(directory)];
  return { exit: code ?? killedBy, left };
}

test.concurrent.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s leaves nothing once the process is gone", async (signal, code) => {
  const { exit, left } = await endOf("running", signal);
  expect(exit).toBe(code);
  expect(left()).toEqual([]);
});

test.concurrent.each([100, 300])("Ctrl-C %i ms into the start leaves nothing", async (delayMs) => {
  const { exit, left } = await endOf("while starting", "SIGINT", delayMs);
  // On a slow machine the signal comes before anybody listens: the guardian cleans up alone.
  expect([130, "SIGINT"]).toContain(exit);
  if (exit === "SIGINT") await eventually(() => left().length === 0);
  expect(left()).toEqual([]);
});

test.concurrent.each([
  ["running", "SIGKILL", "SIGKILL"],
  ["while starting", "SIGKILL", "SIGKILL"],
  ["after a crash", "SIGKILL", "SIGKILL"],
  ["process.exit", undefined, 3],
  ["uncaught error", undefined, 1],
  ["end of program", undefined, 0],
] as const)("%s %s: a moment later nothing is left", async (ending, signal, code) => {
  const { exit, left } = await endOf(ending, signal, 300);
  expect(exit).toBe(code);
  await eventually(() => left().length === 0);
  expect(left()).toEqual([]);
});
