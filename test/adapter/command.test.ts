/** `--adapter` and `ringproof/adapter`, as somebody with a queue of their own meets them. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { check } from "../../correctness/adapter/index.js";
import { readHistory } from "../../correctness/trace/file.js";
import { packageRoot } from "../../src/package-root.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { ran } from "../cli/fixture.js";
import { unfenced } from "./wrong.js";

const example = (name: string) => join(packageRoot(), "correctness", "examples", name);

let server: PostgresServer;
let dir: string;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  dir = await mkdtemp(join(tmpdir(), "ringproof-test-"));
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
  await server.stop();
});

test("a race is shown query by query, and is a violation", async () => {
  const report = join(dir, "report");
  const flags = ["--adapter", example("racy-table.ts"), "--pg", server.url, "--report", report];
  const { code, out } = await ran(["interleave", ...flags]);
  expect(code).toBe(1);
  expect(out).toMatch(/✗ Enqueue\(a, j1\) → Claim\(a, 1, 99\) ‖ Claim\(a, 1, 99\)/);
  expect(out).toMatch(/ A select id from jobs [^]* B {3}select id [^]* B {3}update [^]* A update /);
  expect(out).toMatch(/B, then A: Claim says claimed, but j1 is running/);
  expect(out).toMatch(
    /replay: npx ringproof interleave --adapter \S+racy-table.ts --tier quick --pg/,
  );
  const { bundle } = JSON.parse(await readFile(join(report, "finding-adapter-1.json"), "utf8"));
  expect(bundle.calls).toHaveLength(2);
});

test("a history is recorded, and is one that trace check reads", async () => {
  const file = join(dir, "history.ndjson");
  const sizes = ["--events", "300", "--workers", "3", "--lost", "20"];
  const flags = [...sizes, "--adapter", example("one-table.ts"), "--pg", server.url];
  expect((await ran(["trace", "record", file, ...flags])).code).toBe(0);
  const { header, events } = await readHistory(file);
  expect(header.storage).toBe("one table, SKIP LOCKED");
  expect(events.length).toBeGreaterThanOrEqual(300);
  expect(events.some(({ fault }) => fault !== undefined)).toBe(true);
  expect((await ran(["trace", "check", file])).code).toBe(0);
});

test("a test of one's own asks for a check, and has a text to show", async () => {
  const { holds, covered, report } = await check(unfenced, { checks: ["conform"], pg: server.url });
  expect(holds).toBe(false);
  expect(covered["calls"]).toBeGreaterThan(10);
  expect(report).toMatch(/conform, one job[^]*violated[^]*✗ \d steps: Enqueue/);
});

test.each([
  ["there is no file", "nothing.ts", null, /There is no file .*nothing\.ts\.\nName your module/],
  ["it is no program", "broken.ts", "export default {", /broken\.ts cannot be imported: /],
  ["it has no default export", "none.ts", "export const a = 1;", /is no storage under test: it/],
  ["it has no view", "blind.ts", blind(), /it has no function view\.\n.*one-table\.ts is one/],
  ["an operation is none", "other.ts", named("Complet"), /Complet is no operation of the contract/],
  ["nothing can be claimed", "idle.ts", named("Enqueue"), /without Claim there is nothing/],
])("%s: what to do, and exit code 2", async (_, name, text, said) => {
  const file = join(dir, name);
  if (text !== null) await writeFile(file, text);
  const { code, err } = await ran(["conform", "--adapter", file, "--pg", server.url]);
  expect(err).toMatch(said);
  expect(code).toBe(2);
});

function blind(): string {
  return `export default { name: "mine", install() {}, operations: {} };`;
}

function named(operation: string): string {
  const rest = 'name: "mine", install() {}, view() {}';
  return `export default { ${rest}, operations: { ${operation}() {} } };`;
}

test.each([
  ["an install that fails", "conform", { install: "throw new Error('no room')" }, "no room"],
  ["a view that fails", "interleave", { view: "throw new Error('too dark')" }, "too dark"],
  ["a call that fails", "trace record x", { Claim: "throw new Error('no')" }, /Claim\(.*: no/],
])("%s is said without a stack", async (_, command, wrong, said) => {
  const file = join(dir, `failing-${command.split(" ")[0]}.ts`);
  await writeFile(file, failing(wrong));
  const history = join(dir, "x.ndjson");
  const flags = ["--adapter", file, "--pg", server.url];
  const { code, err } = await ran([...command.replace(" x", ` ${history}`).split(" "), ...flags]);
  expect(err).toMatch(said);
  expect(err).not.toMatch(/mistake in ringproof|\n +at /);
  expect(code).toBe(2);
});

/** The queue of one table, but for these functions. */
function failing(wrong: Readonly<Record<string, string>>): string {
  const functions = Object.entries(wrong).map(([name, body]) => [name, `async () => { ${body} }`]);
  const [own, operation] = [/^[a-z]/, /^[A-Z]/].map((kind) =>
    functions.filter(([name]) => kind.test(name!)).map(([name, text]) => `${name}: ${text},`),
  );
  return `import { oneTable } from ${JSON.stringify(example("one-table.ts"))};
    const operations = { ...oneTable.operations, ${operation!.join(" ")} };
    export default { ...oneTable, operations, ${own!.join(" ")} };`;
}

test.each([
  ["conform", "slots", /slots means nothing with --adapter/],
  ["conform", "--database 3", /--database means nothing/],
  ["lockstep", "--path 1:2", /--path means nothing/],
  ["interleave", "--shard 1/2", /--shard means nothing/],
])("%s %s", async (command, flag, said) => {
  const { code, err } = await ran([command, ...flag.split(" "), "--adapter", "mine.ts"]);
  expect(err).toMatch(said);
  expect(code).toBe(2);
});
