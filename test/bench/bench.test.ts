/** A small bench of the engine alone, on the command line: what it says, and that nothing stays. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { bench } from "../../correctness/bench/bench.js";
import { phaseNames } from "../../correctness/bench/long.js";
import { Driver } from "../../correctness/bench/driver.js";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import { ran } from "../cli/fixture.js";
import { eventually, isRunning, processesIn } from "../postgres/processes.js";
import { refusal } from "../npm.js";
import { temporary } from "../tlc/fixture.js";

const small = ["--jobs", "500", "--seconds", "1", "--rounds", "1"];

const dist = join(packageRoot(), "dist", "correctness");

/** Processes of contestants. */
const children = (): string[] => processesIn(join(dist, "bench", "child.js"));

test("the engine alone: figures, no ratios, a report, and nothing that stays", async () => {
  const dir = await temporary();
  const args = ["bench", "--only", "ringproof", ...small, "--json", "--report", dir];
  const { code, out, err } = await ran(args);
  // How its drain pinned compares with its drain clean says nothing at this size.
  expect([0, 1], err).toContain(code);
  expect(out.trim().split("\n")).toHaveLength(1);
  const { pinnedOverClean, ...line } = JSON.parse(out);
  expect(pinnedOverClean).toBeGreaterThan(0);
  expect(line).toEqual({
    ...{ drainRatio: null, cpuRatio: null, pinnedDrainRatio: null, pinnedCpuRatio: null },
    ...{ walRatio: null, p99Ratio: null, appendOnlyDeadTuples: 0, workerRelationLockWaits: 0 },
  });
  expect(err).toMatch(/│ drain, jobs\/s +│ [\d,]+ +│/);
  expect(err).toMatch(/│ dead tuples in append-only tables +│ 0 +│ +│ 0 +│ 0 +│ [\d.]+ +│ met /);
  expect(err).toMatch(/fsync on, synchronous_commit on, full_page_writes on/);
  expect(readFileSync(join(dir, "index.html"), "utf8")).toContain("<h3>What was measured</h3>");
  expect(readFileSync(join(dir, "junit.xml"), "utf8")).toContain('name="WAL per job');
  expect(children()).toEqual([]);
});

test("contestants take turns, each on a new database, and everything is measured", async () => {
  const said: string[] = [];
  const { rounds, surroundings } = await bench({
    ...{ rounds: 2, jobs: 300, seconds: 1 },
    only: ["plain-table", "plain-table-deleting"],
    progress: (what, done, total) => said.push(`${done}/${total} ${what}`),
  });
  const order = said.filter((line) => line.endsWith("warm-up"));
  expect(order.map((line) => line.replace(/^\S+ | warm-up$/g, ""))).toEqual([
    "round 1, plain-table:",
    "round 1, plain-table-deleting:",
    "round 2, plain-table-deleting:",
    "round 2, plain-table:",
  ]);
  expect(said.at(-1)).toMatch(/^31\/32 /);
  for (const round of [...rounds["plain-table"]!, ...rounds["plain-table-deleting"]!])
    for (const { enqueue, drain, offer } of [round.clean, round.pinned]) {
      for (const { rate, wal, walRecords } of [enqueue, drain, offer])
        expect(Math.min(rate, wal, walRecords)).toBeGreaterThan(0);
      expect(offer.rate).toBeLessThan(810);
      expect(offer.p99).toBeGreaterThanOrEqual(offer.p50);
    }
  const dead = (name: "plain-table" | "plain-table-deleting") => rounds[name]!.map((r) => r.dead);
  // Clean and pinned, each is claimed and completed: twice updated, or updated and deleted.
  const jobs = 300 + 300 + 800 + 600 + 300 + 800;
  for (const { jobs: tuples } of [...dead("plain-table"), ...dead("plain-table-deleting")])
    expect(tuples).toBeGreaterThan(jobs);
  expect(surroundings.settings).toMatchObject({ fsync: "on", log_lock_waits: "on" });
});

test("some seconds on Postgres: four phases of the engine", async () => {
  const { code, out, err } = await ran([
    "bench",
    "--long",
    "--minutes",
    "0.1",
    "--only",
    "ringproof",
    "--json",
  ]);
  expect([0, 1], err).toContain(code);
  const [{ numbers, covered }] = JSON.parse(out).claims;
  expect(covered.contestants).toBe(1);
  expect(Object.keys(numbers)).toEqual(phaseNames.map((name) => `ringproof, ${name}`));
  expect(numbers["ringproof, recovery"]).toMatchObject({ backlog: 0, appended: 0 });
  expect(numbers["ringproof, pinned"].rate).toBeGreaterThan(100);
});

describe("what goes wrong", () => {
  const terms = { url: "postgresql://127.0.0.1:1/x", folder: "/nowhere", batch: 1, workers: 1 };
  const driving = { node: process.execPath, terms };

  test("a contestant that ends is told with its reason, and its process is gone", async () => {
    const error = await refusal(
      Driver.with({ ...driving, name: "plain-table" }, async () => undefined),
    );
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(
      /^The process of plain-table ended before it had answered install: Error: .*ECONNREFUSED/,
    );
    expect(children()).toEqual([]);
  });

  test("an interruption ends it at once", async () => {
    const stop = new AbortController();
    const progress = () => stop.abort();
    const sizes = { rounds: 1, jobs: 50_000, seconds: 60, only: ["plain-table"] as const };
    await expect(bench({ ...sizes, progress, signal: stop.signal })).rejects.toThrow(/abort/);
    expect(children()).toEqual([]);
  });

  test.each([
    [["--only", "mysql"], /Give some of ringproof, pg-boss, graphile-worker, plain-table, /],
    [["--rounds", "0"], /Give a number from 1\./],
    [["--jobs", "many"], /Give a whole number\./],
    [["--seconds", "0.5"], /Give a whole number\./],
    [["--long", "--rounds", "2"], /'--long' cannot be used with option '--rounds <n>'/],
    [["--long", "--minutes", "0"], /Give a number above 0, such as 0\.5\./],
    [["--minutes", "1", "--jobs", "9"], /'--long' cannot be used with option '--jobs <n>'/],
    [["--write", "--only", "ringproof"], /'--write' cannot be used with option '--only /],
    [["--report", "/dev/null/x"], /The report folder \/dev\/null\/x cannot be written/],
  ])("%j is wrong usage", async (args, why) => {
    const { code, out, err } = await ran(["bench", ...args]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(why);
  });
});

test("Ctrl-C ends it with 130 and leaves nothing", async ({ onTestFailed }) => {
  const directory = await temporary();
  await chmod(directory, 0o755);
  const args = [join(dist, "bin.js"), "bench", "--only", "ringproof", "--seconds", "60"];
  const env = { ...process.env, TMPDIR: directory };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFailed(() => void child.kill());
  const said = { out: "", err: "" };
  child.stdout.on("data", (text) => (said.out += text));
  child.stderr.on("data", (text) => (said.err += text));
  const end = once(child, "close");
  expect(await eventually(() => children().length === 1, 30_000)).toBe(true);
  await sleep(500);
  child.kill("SIGINT");
  expect(await end).toEqual([130, null]);
  expect([...readdirSync(directory), ...processesIn(directory)]).toEqual([]);
  expect(await eventually(() => children().length === 0)).toBe(true);
  expect(said.out).toBe("");
  expect(said.err).not.toMatch(/error|mistake|^\s+at /m);
});

test("a contestant does not outlive a bench that is killed", async () => {
  const program = join(dist, "bench", "child.js");
  const script = `
    const child = require("node:child_process").fork(${JSON.stringify(program)});
    console.log(child.pid); setInterval(() => 0, 1e3)`;
  const parent = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  const [pid] = await once(parent.stdout.setEncoding("utf8"), "data");
  await eventually(() => isRunning(Number(pid)));
  parent.kill("SIGKILL");
  expect(await eventually(() => !isRunning(Number(pid)))).toBe(true);
});
