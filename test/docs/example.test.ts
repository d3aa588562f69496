/** The README's program, compiled as its reader would, and run on Postgres from the package. */

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { readmeFile } from "../../correctness/report/markdown.js";
import { packageRoot } from "../../src/package-root.js";
import { connect, openPostgres } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { installPacked } from "../packed.js";

const compiler = ["--module", "nodenext", "--target", "es2023", "--strict", "--types", "node"];

test("the program in README.md compiles, runs, and completes what it claimed", async () => {
  const [, program] = /^```ts\n([^]*?)^```$/m.exec(readFileSync(readmeFile(), "utf8"))!;
  const dir = await mkdtemp(join(tmpdir(), "ringproof-test-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  installPacked(dir, ["@types/node", "@types/pg"]);
  writeFileSync(join(dir, "example.ts"), program!);
  const run = async (args: readonly string[], env = {}) =>
    (await promisify(execFile)(process.execPath, args, { cwd: dir, env })).stdout;

  const tsc = join(packageRoot(), "node_modules", "typescript", "bin", "tsc");
  expect(await run([tsc, ...compiler, "example.ts"])).toBe("");

  const server = await openPostgres({ kind: "embedded" });
  onTestFinished(() => server.stop());
  expect((await run(["example.js"], { DATABASE_URL: server.url })).split("\n")).toEqual([
    expect.stringMatching(/^job \d+, attempt 1: mail to ada$/),
    expect.stringMatching(/^job \d+, attempt 1: mail to grace$/),
    "[ 'completed', 'completed' ]",
    "",
  ]);
  const client = await connect(server);
  const jobs = await new PostgresStorage(client, { schema: "mail_queue" }).jobs();
  await client.end();
  expect(jobs.map(({ state }) => state)).toEqual(["completed", "completed"]);
});
