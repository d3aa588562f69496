/** SQL that is right on the newest Postgres, on which everything is developed, and wrong on 14. */

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installPacked } from "../packed.js";

let dir: string;
let root: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "ringproof-test-"));
  root = installPacked(dir).root;
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** From version 16 on 0x1 is a number; 14 takes it for a 0 whose column is called x1. */
const change = {
  from: "v_next := (v_ring.current_slot + 1) % v_ring.slot_count;\n  -- Whoever",
  to: `v_next := v_ring.current_slot + 0x1;
  if v_next = v_ring.slot_count then v_next := 0; end if;
  -- Whoever`,
};

interface Said {
  readonly code: number;
  readonly text: string;
  readonly claim: {
    readonly verdict: string;
    readonly covered: Readonly<Record<string, number>>;
    readonly findings: readonly { readonly title: string; readonly replay: string }[];
  };
}

async function ringproof(...args: readonly string[]): Promise<Said> {
  const program = join(root, "dist", "correctness", "bin.js");
  const done = await promisify(execFile)(program, [...args, "--json"], { cwd: dir }).then(
    (io) => ({ ...io, code: 0 }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return { code: done.code, text: done.stderr, claim: JSON.parse(done.stdout).claims[0] };
}

/** C3 alone. */
const sample = ["versions", "--shard", "1/2"];

test("a literal of Postgres 16 is found on 14, and nowhere else", async () => {
  const file = join(root, "src", "postgres", "sql", "rings.sql");
  const sql = await readFile(file, "utf8");
  expect(sql.split(change.from)).toHaveLength(2);
  const before = await ringproof(...sample);
  expect(before.claim).toMatchObject({ verdict: "holds", covered: { versions: 1 }, findings: [] });
  expect(before.claim.covered["checks"]).toBeGreaterThan(10_000);

  await writeFile(file, sql.replace(change.from, change.to));
  const newest = await ringproof(...sample, "--pg-version", "18");
  expect(newest.claim).toMatchObject({ verdict: "holds", covered: before.claim.covered });
  const { code, text, claim } = await ringproof(...sample);
  expect({ code, verdict: claim.verdict }).toEqual({ code: 1, verdict: "violated" });
  const { title, replay } = claim.findings[0]!;
  expect(title).toMatch(/^Postgres 14: .*Rotate(Queue|Claims|Leases)/);
  expect(replay).toMatch(/^ringproof conform \S+ --database \d+ --pg-version 14$/);
  expect(text).toContain("the core says:     rotated");

  const again = await ringproof(...replay.split(" ").slice(1));
  expect(again.code).toBe(1);
  expect(again.claim.findings[0]!.title).toMatch(/Rotate(Queue|Claims|Leases)/);
}, 300_000);
