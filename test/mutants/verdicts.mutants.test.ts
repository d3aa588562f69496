/** Whoever changes one thing in a copy of the package sees the claim about it violated. */

import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.js";

const root = mkdtempSync(join(tmpdir(), "ringproof-verdicts-"));

beforeAll(() => {
  for (const name of ["dist", "package.json", "spec", "correctness", "src"])
    cpSync(join(packageRoot(), name), join(root, name), { recursive: true });
  symlinkSync(join(packageRoot(), "node_modules"), join(root, "node_modules"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** What the command says of the copy with this change in it. */
async function claimWith({ file, from, to }: Change, args: readonly string[]) {
  const path = join(root, file);
  const before = readFileSync(path, "utf8");
  expect(before.split(from).length, `${from} in ${file}`).toBe(2);
  writeFileSync(
    path,
    before.replace(from, () => to),
  );
  try {
    return await ran(args);
  } finally {
    writeFileSync(path, before);
  }
}

async function ran(args: readonly string[]) {
  const bin = join(root, "dist", "correctness", "bin.js");
  const done = await promisify(execFile)("node", [bin, ...args, "--json"], {
    maxBuffer: 1 << 26,
  }).catch((error: { code: number; stdout: string; stderr: string }) => error);
  const [claim] = JSON.parse(done.stdout).claims as { verdict: string; findings: unknown[] }[];
  return { code: "code" in done ? done.code : 0, ...claim! };
}

const sql = (family: string) => `src/postgres/sql/${family}.sql`;

/** What differs, where the change is, and the command that must see it. */
const changes: readonly (readonly [string, Change, readonly string[]])[] = [
  [
    "the number of states (C1)",
    { file: "spec/cursor.cfg", from: "MaxBatch = 2", to: "MaxBatch = 1" },
    ["tlc", "cursor"],
  ],
  [
    "a property (C1)",
    { file: "spec/spent-battery.cfg", from: "  Spent <- SpentByAttemptIgnoringBatches\n", to: "" },
    ["tlc", "spent-battery"],
  ],
  [
    "an edge (C2)",
    { file: "dist/src/core/claim.js", from: "cursor: firstUnspent(db, lane) }", to: "cursor: 2 }" },
    ["graph", "cursor"],
  ],
  [
    "an answer (C3)",
    {
      file: sql("admin"),
      from: "v_gone, 'cancelled', 'notReady')",
      to: "v_gone, 'x', 'notReady')",
    },
    ["conform", "cursor"],
  ],
  [
    "a row (C3)",
    {
      file: sql("claim"),
      from: "values (v_ready_slot, p_lane_id, v_seqs[",
      to: "values (v_ready_slot, p_lane_id, 1 + v_seqs[",
    },
    ["conform", "cursor"],
  ],
  [
    "a step of a long run (C4)",
    {
      file: sql("finish"),
      from: "ringproof.count_bucket(job_id), count(*)\n  from unnest(v_job_ids)",
      to: "0, count(*)\n  from unnest(v_job_ids)",
    },
    ["lockstep", "--shard", "1/20"],
  ],
  [
    "a schedule (C5)",
    {
      file: sql("claim"),
      from: "where h.lane_id = p_lane_id for update skip locked",
      to: "where h.lane_id = p_lane_id",
    },
    ["interleave", "Claim", "CancelReady"],
  ],
  [
    "a lock (C6)",
    {
      file: sql("admin"),
      from: "any (v_lanes) order by lane_id for update",
      to: "any (v_lanes) for update",
    },
    ["locks", "CancelReady"],
  ],
  [
    "a mutant that nobody finds (C7)",
    { file: "dist/correctness/mutants/equivalent.js", from: "PassTime.dropGuard.noop", to: "x" },
    ["mutants", "--only", "PassTime.dropGuard.noop"],
  ],
];

test.each(changes)("%s", async (_, change, args) => {
  const { code, verdict, findings } = await claimWith(change, args);
  expect({ code, verdict }).toEqual({ code: 1, verdict: "violated" });
  expect(findings).not.toEqual([]);
});

test("without a change they hold", async () => {
  expect(await ran(["tlc", "cursor"])).toMatchObject({ code: 0, verdict: "holds" });
});
