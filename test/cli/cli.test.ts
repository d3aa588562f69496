/** The command line in this process: what it prints where, and the code it ends with. */

import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ClaimId, ClaimResult, Context } from "../../correctness/claims.js";
import { claims } from "../../correctness/registry.js";
import { EmptyShard } from "../../correctness/shard.js";
import { tlcClaim } from "../../correctness/tlc/claim.js";
import { manifestFile } from "../../correctness/tlc/suite.js";
import { shapes } from "../../correctness/witness/shapes.js";
import { UserError } from "../../src/errors.js";
import { finding, holding, holds, ran, result } from "./fixture.js";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "ringproof-test-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

type Named = { readonly name: string };

const checks = [
  "check",
  "tlc",
  "explore",
  "graph",
  "conform",
  "lockstep",
  "interleave",
  "locks",
].concat("versions");
const names = [...checks, "coverage", "witness", "configs", "explain"];
const violated = (id: ClaimId) => async () => result(id, "violated", [finding]);
const everyClaim = (run: () => Promise<ClaimResult>) =>
  Object.fromEntries(holding().map(({ id }) => [id, run]));
const notRun = async () => {
  throw new UserError("Nothing listens at localhost:1", "Start Postgres.");
};
const noPostgres = "C3 was not run: Nothing listens at localhost:1. Start Postgres.";

describe("a table and an exit code", () => {
  test("every claim holds", async () => {
    const { code, out, err } = await ran(["check"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [title, ...table] = out.split("\n");
    expect(title).toBe("ringproof check, tier quick, seed 1");
    const lines = table.filter((line) => /holds/.test(line));
    expect(lines.map((line) => line.replace(/[│\s]+/g, " ").trim())).toEqual([
      "C1 the model keeps its word 12,345 configs 1.3 holds",
      "C2 the core is the model 12,345 configs 1.3 holds",
      "C3 Postgres does what the core says 12,345 checks 1.3 holds",
      "C4 all stay equal on long runs 12,345 runs 1.3 holds",
      "C5 some order explains what comes out 12,345 pairs 1.3 holds",
      "C6 the plans are the locks 12,345 operations 1.3 holds",
      "C7 bugs are found 12,345 mutants 1.3 holds",
      "C8 histories are explained 12,345 histories 1.3 holds",
      "versions older servers do the same 12,345 versions 1.3 holds",
    ]);
  });

  test.each([
    ["one is violated", { C3: violated("C3") }, 1],
    ["one was not run", { C3: notRun }, 2],
    ["one is violated and one was not run", { C2: violated("C2"), C3: notRun }, 1],
    ["one was not run and a later one is violated", { C1: notRun, C4: violated("C4") }, 1],
    ["none was run", everyClaim(notRun), 2],
  ])("%s", async (_, others, expected) => {
    const { code, out } = await ran(["check"], holding(others));
    expect(code).toBe(expected);
    for (const [id, behaviour] of Object.entries(others))
      expect(out).toMatch(new RegExp(`${id} .*${behaviour === notRun ? "not run" : "violated"}`));
  });

  test("what was not run says why, and the others run", async () => {
    const seen: string[] = [];
    const spied = (id: ClaimId) => async (context: Context) => {
      seen.push(id);
      return holds(id)(context);
    };
    const { out } = await ran(["check"], holding({ C2: spied("C2"), C3: notRun, C4: spied("C4") }));
    expect(out).toContain(noPostgres);
    expect(seen).toEqual(["C2", "C4"]);
  });

  test("a finding begins with its trace and ends with the command to see it again", async () => {
    const { out } = await ran(["check"], holding({ C3: violated("C3") }));
    const from = out.split("\n").indexOf("C3 is violated");
    expect(out.split("\n").slice(from + 1)).toEqual([
      `✗ ${finding.title}`,
      ...finding.lines.map((line) => `    ${line}`),
      "    replay: npx ringproof conform slots",
      "",
    ]);
  });

  test("where the bare verdict misleads, a person reads other words, and a note", async () => {
    const C4 = async () => {
      const held = result("C4", "holds");
      const rows = held.rows.map((row) => ({ ...row, wording: "no violation" }));
      return { ...held, rows, wording: "no violation", note: "No other run was made." };
    };
    const alone = await ran(["lockstep", "--json"], holding({ C4 }));
    expect(alone.err).toMatch(/small .* no violation/);
    expect(alone.err).not.toContain("holds");
    expect(alone.err).toMatch(/^No other run was made\.$/m);
    expect(JSON.parse(alone.out).claims).toMatchObject([
      { id: "C4", verdict: "holds", note: "No other run was made." },
    ]);
    const all = await ran(["check"], holding({ C4 }));
    expect(all.out).toMatch(/C4 .* no violation/);
  });

  test("one claim alone shows its rows; what it lacks ends the command", async () => {
    const done = await ran(["conform", "small"]);
    expect(done.code).toBe(0);
    expect(done.out).toMatch(/small .* 1,234 .* 1\.3 .* holds/);
    const { code, out, err } = await ran(["conform"], holding({ C3: notRun }));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toBe("error: Nothing listens at localhost:1\nStart Postgres.\n");
  });
});

describe("--json", () => {
  test.each([
    ["that holds", ["check", "--json"], {}, 0],
    ["that is violated", ["check", "--json"], { C3: violated("C3") }, 1],
    ["that was not run", ["check", "--json"], { C3: notRun }, 2],
    ["alone", ["graph", "--json"], {}, 0],
  ] as const)("a claim %s: one line, and all else on stderr", async (_, args, others, code) => {
    const done = await ran(args, holding(others));
    expect(done.code).toBe(code);
    expect(done.out).toMatch(/^\{.*\}\n$/);
    expect(done.err).toContain(`ringproof ${args[0]}, tier quick`);
    const { tier, claims: list } = JSON.parse(done.out);
    expect(tier).toBe("quick");
    expect(list.length).toBe(args[0] === "check" ? 9 : 1);
    for (const claim of list) {
      const why = claim.verdict === "not-run" ? ["why"] : [];
      const keys = ["id", "verdict", "seconds", "covered", ...why, "findings"];
      expect(Object.keys(claim)).toEqual(keys);
    }
    const found = list.flatMap((claim: { findings: unknown }) => claim.findings);
    const { title, replay } = finding;
    expect(found).toEqual("C3" in others && code === 1 ? [{ title, replay }] : []);
  });

  test("what was not run covers nothing, under the same names", async () => {
    const { out } = await ran(["check", "--json"], holding({ C4: notRun }));
    expect(JSON.parse(out).claims[3]).toEqual({
      id: "C4",
      verdict: "not-run",
      seconds: 0,
      covered: { runs: 0, steps: 0 },
      why: expect.stringMatching(/^Nothing listens at localhost:1\. /),
      findings: [],
    });
  });
});

describe("a shard with nothing to do", () => {
  const nothing = async () => {
    throw new EmptyShard({ index: 21, count: 40 }, 20);
  };
  const why = "There is nothing to do in shard 21/40: there is work for 20 of the 40.";

  test("of one claim is said, and is no verdict on the others", async () => {
    const { code, out, err } = await ran(["check", "--json"], holding({ C4: nothing }));
    expect(code).toBe(0);
    expect(err).toMatch(/C4 .* empty/);
    expect(err).toContain(`C4 was not run: ${why}`);
    expect(JSON.parse(out).claims[3]).toMatchObject({ verdict: "not-run", covered: { steps: 0 } });
  });

  test.each([
    ["of a violated claim", { C3: violated("C3"), C4: nothing }, 1],
    ["and a claim that was not run", { C3: notRun, C4: nothing }, 2],
    ["of all claims", everyClaim(nothing), 2],
  ])("%s", async (_, others, code) => {
    expect((await ran(["check"], holding(others))).code).toBe(code);
  });

  test.each([
    [["lockstep", "--shard", "21/40"], why],
    [["tlc", "cursor", "--shard", "2/2"], "in shard 2/2: there is work for 1 of the 2."],
    [["graph", "cursor", "--shard", "2/2"], "in shard 2/2: there is work for 1 of the 2."],
    [["explore", "cursor", "--shard", "2/2"], "in shard 2/2: there is work for 1 of the 2."],
    [["explore", "--shard", "999/999"], /work for \d\d of the 999/],
  ])("%s alone: wrong usage", async (args, message) => {
    const { code, out, err } = await ran(args, claims, {
      DATABASE_URL: "postgres://127.0.0.1:1/x",
    });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err.split("\n")[0]).toMatch(message);
    expect(err.split("\n")[1]).toBe("Leave this shard out, or spread the work over fewer.");
  });
});

describe("a finding is replayed on the Postgres on which it was found", () => {
  const others = { C2: violated("C2"), C3: violated("C3") };
  const replays = async (command: string, ...flags: string[]) => {
    const { out, err } = await ran([command, ...flags, "--json"], holding(others), {
      DATABASE_URL: "postgres://ada:secret@db/x",
    });
    expect(out + err).not.toContain("secret");
    const claims: Pick<ClaimResult, "findings">[] = JSON.parse(out).claims;
    return claims.flatMap(({ findings }) => findings.map((f) => f.replay));
  };

  test.each([
    [[], "ringproof conform slots"],
    [["embedded"], "ringproof conform slots --pg embedded"],
    [["postgres://h:1/x"], "ringproof conform slots --pg postgres://h:1/x"],
    [["postgres://ada:secret@h/x"], "ringproof conform slots --pg postgres://ada@h/x"],
    [["postgres://ada:secret@s@h/x"], "ringproof conform slots --pg postgres://ada@h/x"],
    [["postgres:///x?host=/run"], "ringproof conform slots --pg 'postgres:///x?host=/run'"],
    [
      ["postgres://h/x?password=secret&user=o'ada"],
      "ringproof conform slots --pg 'postgres://h/x?user=o'\\''ada'",
    ],
    [["postgres://h/x?password=secret"], "ringproof conform slots --pg postgres://h/x"],
  ])("--pg %s", async (where, replay) => {
    expect(await replays("conform", ...where.flatMap((w) => ["--pg", w]))).toEqual([replay]);
  });

  test("--pg-version", async () => {
    expect(await replays("conform", "--pg", "embedded", "--pg-version", "15")).toEqual([
      "ringproof conform slots --pg embedded --pg-version 15",
    ]);
  });

  test("one of another version on that; a file, on none", async () => {
    const C3 = async () => {
      const found = [
        { ...finding, pgVersion: 14 },
        { ...finding, offline: true as const },
      ];
      return result("C3", "violated", found);
    };
    const { out } = await ran(["conform", "--pg", "embedded"], holding({ C3 }));
    expect(out).toContain("npx ringproof conform slots --pg embedded --pg-version 14\n");
    expect(out).toMatch(/npx ringproof conform slots\n/);
  });

  test("what needs no Postgres is replayed without", async () => {
    expect(await replays("check", "--pg", "embedded")).toEqual([
      "ringproof conform slots",
      "ringproof conform slots --pg embedded",
    ]);
  });
});

test("flags reach the claim", async () => {
  let seen: Context | undefined;
  const C3 = async (context: Context) => ((seen = context), result("C3", "holds"));
  const flags = ["--tier", "full", "--shard", "2/3", "--pg", "postgres://x/y"];
  await ran(["conform", "slots", "dlq", ...flags], holding({ C3 }));
  expect(seen).toMatchObject({
    tier: "full",
    shard: { index: 2, count: 3 },
    configs: ["slots", "dlq"],
    pg: { kind: "url", url: "postgres://x/y" },
  });
  await ran(["check", "--seed", "7"], holding({ C3 }));
  expect(seen).toMatchObject({ seed: 7, configs: [], pg: { kind: "embedded" } });
  await ran(["check", "--pg-version", "16"], holding({ C3 }));
  expect(seen?.pg).toEqual({ kind: "embedded", version: 16 });
});

describe("a command takes the flags that mean something to it", () => {
  const own: Readonly<Record<string, readonly string[]>> = {
    check: ["--pg", "--seed"],
    tlc: ["--seed"],
    explore: [],
    graph: [],
    conform: ["--pg"],
    lockstep: ["--pg", "--seed"],
    interleave: ["--pg"],
    locks: ["--pg"],
    versions: ["--pg", "--seed"],
    coverage: ["--pg", "--seed"],
    witness: ["--pg"],
  };

  test.each(Object.entries(own))("%s", async (name, flags) => {
    const help = (await ran([name, "--help"], claims)).out;
    for (const flag of ["--pg", "--pg-version", "--seed"]) {
      if (flags.includes(flag.replace("-version", ""))) {
        expect(help).toContain(flag);
        continue;
      }
      expect(help).not.toContain(flag);
      const { code, out, err } = await ran([name, flag, "1"], claims);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toMatch(new RegExp(`^error: unknown option '${flag}'\n`));
    }
  });

  test.each(["tlc", "explore", "graph"])("%s does not look at DATABASE_URL", async (name) => {
    const { code, err } = await ran([name, "cursor"], holding(), { DATABASE_URL: "mysql://x" });
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });
});

describe("wrong usage: one message, exit code 2", () => {
  test.each([
    ["an unknown command", ["prove"], /unknown command 'prove'/],
    ["an unknown flag", ["check", "--fast"], /unknown option '--fast'/],
    ["an unknown tier", ["check", "--tier", "slow"], /'slow' is invalid.*quick, full, nightly/],
    ["no tier", ["check", "--tier"], /argument missing/],
    ["a shard from 0", ["check", "--shard", "0/2"], /'0\/2' is invalid.*such as 1\/4/],
    ["a shard beyond the last", ["check", "--shard", "3/2"], /'3\/2' is invalid/],
    ["a shard of nothing", ["check", "--shard", "1/0"], /'1\/0' is invalid/],
    ["a shard that is none", ["check", "--shard", "x"], /'x' is invalid/],
    ["a seed that is no number", ["check", "--seed", "x"], /'x' is invalid.*whole number/],
    ["a negative seed", ["check", "--seed", "-1"], /'-1' is invalid/],
    ["half a seed", ["check", "--seed", "1.5"], /'1.5' is invalid/],
    ["a huge seed", ["check", "--seed", "12345678901"], /is invalid/],
    ["no workers", ["tlc", "--workers", "0"], /'0' is invalid.*from 1/],
    ["another kind of database", ["check", "--pg", "mysql://x"], /--pg is not the address/],
    ["Postgres 13", ["check", "--pg-version", "13"], /'13' is invalid.*14, 15, 16, 17, 18/],
    ["half a version", ["witness", "--pg-version", "14.2"], /'14.2' is invalid/],
    [
      "a version of an audit",
      ["audit", "--schema", "x", "--pg-version", "14"],
      /unknown option '--pg-version'/,
    ],
    ["an argument too many", ["check", "slots"], /too many arguments/],
    ["a shard of coverage", ["coverage", "--shard", "1/2"], /unknown option '--shard'/],
    ["a tier of witness", ["witness", "--tier", "full"], /unknown option '--tier'/],
    ["a witness on another kind of database", ["witness", "--pg", "mysql://x"], /--pg is not the/],
    ["a report of witness under a file", ["witness", "--report", "/dev/null/x"], /x cannot be/],
    ["an argument of lockstep", ["lockstep", "slots"], /too many arguments/],
    ["two things of locks", ["locks", "--write", "--predict"], /cannot be used with option/],
    ["a report under a file", ["check", "--report", "/dev/null/x"], /\/dev\/null\/x cannot be/],
    ["a report on a file", ["check", "--report", "/dev/null"], /\/dev\/null cannot be written/],
    ["a dump under a file", ["tlc", "--dump", "/dev/null/x"], /\/dev\/null\/x cannot be written/],
  ])("%s", async (_, args, message) => {
    const { code, out, err } = await ran(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(message);
    expect(err.match(/^error: /gm)).toHaveLength(1);
    expect(err.trimEnd().split("\n").length).toBeLessThanOrEqual(4);
    expect(err).not.toMatch(/^\s+at /m);
  });

  test("DATABASE_URL is named where it is wrong", async () => {
    const { code, err } = await ran(["conform"], holding(), { DATABASE_URL: "mysql://x" });
    expect(code).toBe(2);
    expect(err).toMatch(/^error: The value of DATABASE_URL is not the address of a Postgres\.\n/);
  });

  test("no command: what there is", async () => {
    const { code, out, err } = await ran([]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    for (const name of names) expect(err).toContain(name);
  });

  test.each(["tlc", "graph", "conform", "explore"])(
    "%s: an unknown configuration",
    async (name) => {
      const { code, out, err } = await ran([name, "slots", "nosuch"], claims, {
        DATABASE_URL: "postgres://127.0.0.1:1/x",
      });
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toBe(
        "error: There is no configuration named nosuch.\n" +
          "List them all with: npx ringproof configs.\n",
      );
    },
  );

  test.each([
    ["slot", "slots, race-slots or rescue-slots"],
    ["lifecycel", "lifecycle"],
    ["Rescue", "rescue, rescue-skip or rescue-slots"],
    ["battery", "spent-battery"],
  ])("a configuration that somebody may have meant: %s", async (word, meant) => {
    const { code, err } = await ran(["explore", word], claims);
    expect(code).toBe(2);
    expect(err.split("\n")[1]).toBe(
      `Did you mean ${meant}? List them all with: npx ringproof configs.`,
    );
  });

  test.each([
    ["dlq-purg", "Did you mean dlq-purge? "],
    ["Rescue", "Did you mean receipt-rescue? "],
    ["cancel", "Did you mean running-cancel or receipt-only-cancel? "],
    ["nosuch", ""],
  ])("an unknown witness: %s", async (word, meant) => {
    const { code, out, err } = await ran(["witness", "snooze", word], claims, {
      DATABASE_URL: "postgres://127.0.0.1:1/x",
    });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    const all = shapes.map((s) => s.name).join(", ");
    expect(err).toBe(`error: There is no witness named ${word}.\n${meant}There are: ${all}.\n`);
  });

  test.each([
    [["locks", "Clam"], /^error: There is no operation Clam\.\nDid you mean Claim\? /],
    [["locks", "--write", "Claim"], /^error: What is written are the plans of all operations\.\n/],
    [["locks", "--predict", "Claim"], /^error: Predictions are of the negative configurations /],
    [["locks", "--write", "--shard", "1/2"], /^error: What is written are the plans of all/],
  ])("%s", async (args, message) => {
    const { code, out, err } = await ran(args, claims, {
      DATABASE_URL: "postgres://127.0.0.1:1/x",
    });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(message);
  });

  test.each(["conform", "graph", "explore"])("%s: another design", async (name) => {
    const { code, out, err } = await ran([name, "spent-battery"], claims, {
      DATABASE_URL: "postgres://127.0.0.1:1/x",
    });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: spent-battery describes /);
  });
});

test("a mistake in ringproof itself shows where it is", async () => {
  const C2 = async () => {
    throw new TypeError("this is not a function");
  };
  for (const command of ["check", "graph"]) {
    const { code, out, err } = await ran([command], holding({ C2 }));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: this is a mistake in ringproof itself\nTypeError: this is not a/);
    expect(err).toMatch(/^\s+at .*cli\.test/m);
  }
});

describe("--help", () => {
  test.each(checks)("%s: what it does, its flags and an example", async (name) => {
    const { code, out, err } = await ran([name, "--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(new RegExp(`Example: npx ringproof ${name}`));
    for (const flag of ["--tier", "--shard", "--json", "--report"]) expect(out).toContain(flag);
    expect(out).toContain("Exit codes:");
  });

  test.each([
    ["coverage", "Example: npx ringproof coverage --tier full", ["--tier", "--seed"]],
    ["witness", "Example: npx ringproof witness receipt-rescue", []],
  ])("%s: what it does, its flags and an example", async (name, example, own) => {
    const { code, out, err } = await ran([name, "--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(example);
    const flags = [...own, "--pg", "--json", "--report", "Exit codes:"];
    for (const flag of flags) expect(out).toContain(flag);
  });

  test("the program: every command with its example", async () => {
    const { code, out } = await ran(["--help"]);
    expect(code).toBe(0);
    for (const name of names) expect(out).toMatch(new RegExp(`npx ringproof ${name}`));
    expect((await ran(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

test("without Java C1 is not run and says what to install; the others run", async () => {
  vi.stubEnv("JAVA_HOME", scratch);
  const others = holding().slice(1);
  const { code, out } = await ran(["check"], [tlcClaim, ...others]);
  vi.unstubAllEnvs();
  expect(code).toBe(2);
  expect(out).toMatch(/C1 .* not run/);
  expect(out).toMatch(
    /C1 was not run: TLC needs Java.*Install a Java runtime, version 11 or later/,
  );
  expect(out.match(/ holds/g)).toHaveLength(8);
});

test("the core alone: explore prints its rows, and a line of JSON", async () => {
  const { code, out, err } = await ran(["explore", "slots", "--json"], claims);
  expect(code).toBe(0);
  expect(err).toMatch(/slots .* 2,517 .* holds/);
  expect(JSON.parse(out).claims).toMatchObject([
    { id: "explore", claim: "C2", verdict: "holds", covered: { states: 2517 } },
  ]);
});

describe("configs", () => {
  const lines = async (...args: string[]) => (await ran(["configs", ...args])).out.split("\n");
  const line = (all: readonly string[], name: string) =>
    all.find((l) => l.startsWith(`│ ${name} `))?.replace(/[│\s]+/g, " ");

  test("lists every configuration, what comes out, and who takes it", async () => {
    const all = await lines();
    expect(line(all, "slots")).toMatch(/ quick .* holds tlc explore graph conform $/);
    expect(line(all, "claimer-lease")).toMatch(/ holds tlc explore graph conform $/);
    expect(line(all, "spent-battery")).toMatch(/ violates NoTokenTwice tlc $/);
    const { configs } = JSON.parse((await ran(["configs", "--json"])).out);
    const { configs: entries } = JSON.parse(readFileSync(manifestFile(), "utf8"));
    expect(configs.map((c: Named) => c.name)).toEqual(entries.map((e: Named) => e.name));
  });

  test("or those of a tier", async () => {
    const quick = await lines("--tier", "quick");
    expect([line(quick, "slots"), line(quick, "receipts")]).toEqual([
      expect.any(String),
      undefined,
    ]);
  });
});

test("a report folder is made where there is none", async () => {
  const dir = join(scratch, "deep", "report");
  expect((await ran(["check", "--report", dir])).code).toBe(0);
  expect(existsSync(join(dir, "index.html"))).toBe(true);
});
