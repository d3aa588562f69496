/** The claim about other versions where they cannot be had, or where there is one server only. */

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { claims } from "../../correctness/registry.js";
import { versionsClaim } from "../../correctness/versions/claim.js";
import { openPostgres } from "../../src/postgres/server.js";
import { holding, ran } from "../cli/fixture.js";
import { executable, temporary } from "../tlc/fixture.js";

afterEach(() => vi.unstubAllEnvs());

/** Until the end of the test: an empty cache, and an npm that has no network. */
async function withoutNetwork(): Promise<string> {
  const root = await temporary();
  const [bin, log] = [join(root, "bin"), join(root, "log")];
  await mkdir(bin);
  const says = "echo 'npm error network request failed' >&2; exit 1";
  await executable(join(bin, "npm"), `echo "$@" >>'${log}'`, says);
  vi.stubEnv("PATH", `${bin}:${process.env["PATH"]}`);
  vi.stubEnv("XDG_CACHE_HOME", join(root, "cache"));
  return log;
}

describe("where the binaries cannot be fetched", () => {
  test("it is not run and says why, and the others run", async () => {
    const log = await withoutNetwork();
    const others = holding().slice(0, -1);
    const { code, out, err } = await ran(["check", "--json"], [...others, versionsClaim]);
    expect(code).toBe(2);
    expect(err.match(/ holds +│$/gm)).toHaveLength(others.length);
    expect(JSON.parse(out).claims.at(-1)).toEqual({
      id: "versions",
      verdict: "not-run",
      seconds: expect.any(Number),
      covered: { versions: 0, states: 0, checks: 0, pairs: 0, interleavings: 0 },
      why: expect.stringMatching(
        /^Postgres 14 cannot be fetched \(.*\): network request failed\. See that npm/,
      ),
      findings: [],
    });
    const calls = await readFile(log, "utf8");
    expect(calls.trim().split("\n"), "it is not asked for again").toHaveLength(1);
  });

  test("each version of the full tier says so", async () => {
    await withoutNetwork();
    const { code, out } = await ran(["versions", "--tier", "full"], [versionsClaim]);
    expect(code).toBe(2);
    expect(out.match(/Postgres \d\d, C\d .* not run/g)).toHaveLength(20);
    for (const version of [14, 15, 16, 17])
      expect(out).toContain(`Postgres ${version} cannot be fetched`);
  });
});

describe("one server is of one version", () => {
  const url = "postgres://127.0.0.1:1/x";

  test("beside other claims that is as it may be, alone it is wrong usage", async () => {
    const all = [...holding().slice(0, -1), versionsClaim];
    const checked = await ran(["check", "--pg", url], all);
    expect(checked.code).toBe(0);
    expect(checked.out).toContain("versions was not run: One server, or one image, is of one");
    const alone = await ran(["versions"], [versionsClaim], { DATABASE_URL: url });
    expect(alone).toMatchObject({ code: 2, out: "" });
    expect(alone.err).toMatch(/^error: One server, or one image, is of one version\.\n/);
  });

  test("of another one than is asked for it is not taken", async () => {
    const server = await openPostgres({ kind: "embedded" });
    const flags = ["--pg", server.url, "--pg-version", "14"];
    const { code, out, err } = await ran(["conform", "cursor", ...flags], claims);
    await server.stop();
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: This is Postgres 18\.\d+, and version 14 was asked for\.\n/);
  });
});
