/** The package as its users import it: by name, through `exports`, from what was built. */

import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageRoot } from "../src/package-root.js";
import { installPacked, type Packed } from "./packed.js";

/** The exports of the package, resolved by Node itself from the package's own folder. */
function exportsOf(name: string): string[] {
  const program = `console.log(Object.keys(await import(${JSON.stringify(name)})).join())`;
  const args = ["--input-type=module", "--eval", program];
  return execFileSync(process.execPath, args, { cwd: packageRoot(), encoding: "utf8" })
    .trim()
    .split(",");
}

test("the engine and its install", () => {
  expect(exportsOf("ringproof")).toEqual(
    expect.arrayContaining(["PostgresStorage", "install", "uninstall", "openPostgres", "core"]),
  );
});

test("the contract and its fake", () => {
  expect(exportsOf("ringproof/memory")).toEqual(
    expect.arrayContaining(["MemoryQueue", "allows", "initial", "view"]),
  );
});

test("the checks for a queue of one's own", () => {
  expect(exportsOf("ringproof/adapter")).toEqual(["NO_DEADLINE", "check"]);
});

describe("packed and unpacked elsewhere", () => {
  let dir: string;
  let packed: Packed;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "ringproof-test-"));
    packed = installPacked(dir);
    // As somebody who begins with a copy of the example.
    const example = join(packed.root, "correctness", "examples", "one-table.ts");
    copyFileSync(example, join(dir, "one-table.ts"));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  test("holds what a user needs, and nothing else", () => {
    const wanted = [
      /^(README|MAPPING)\.md$|^LICENSE$|^package\.json$/,
      /^dist\/src\/.*(\.js|\.d\.ts)$/,
      /^dist\/correctness\/(?!spike\/).*\.js$/,
      /^spec\/[\w-]+\.(tla|cfg|json)$/,
      /^src\/postgres\/sql\/\w+\.sql$/,
      /^src\/postgres\/sql\/migrations\/\d{3}_\w+\.sql$/,
      /^correctness\/(conform|interleave|locks|lockstep|trace)\/\w+\.sql$/,
      /^correctness\/trace\/history\.schema\.json$/,
      /^correctness\/examples\/[\w-]+\.ts$/,
      /^dist\/correctness\/adapter\/(index|storage)\.d\.ts$/,
    ];
    expect(packed.files.filter((file) => !wanted.some((w) => w.test(file)))).toEqual([]);
    for (const each of wanted) expect(packed.files.some((file) => each.test(file))).toBe(true);
    const { bin, exports } = JSON.parse(readFileSync(join(packed.root, "package.json"), "utf8"));
    const named = [bin.ringproof, ...Object.values<object>(exports).flatMap(Object.values)];
    for (const file of named) expect(packed.files).toContain(posix.normalize(file));
  });

  test.concurrent.each([
    ["tlc --help", /Example: npx ringproof tlc/],
    ["configs", /spent-battery .* violates NoTokenTwice/],
    ["explore slots --report report", /slots .* 2,517 .* holds/],
    ["explain Claim", /── core, dist\/src\/core\/claim\.js ─+\n\n.*\nexport const Claim = \{\n/],
    ["explain orphan-terminal", /"orphan-terminal": keeping\("DiscardTerminal",/],
    ["tlc spent-battery", /violates NoTokenTwice, as expected/],
    ["conform cursor --shard 1/4 --pg embedded", /cursor .* 97 .* holds/],
    ["lockstep --shard 1/40 --pg embedded", /100 jobs.* holds/],
    ["locks PurgeDlq --pg embedded", /PurgeDlq .* holds/],
    ["conform --adapter one-table.ts --pg embedded", /conform, two jobs .* holds/],
  ])("ringproof %s", async (command, said) => {
    const program = join(packed.root, "dist", "correctness", "bin.js");
    const { stdout } = await promisify(execFile)(program, command.split(" "), { cwd: dir });
    expect(stdout).toMatch(said);
  });
});
