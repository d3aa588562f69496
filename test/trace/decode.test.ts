/** The text of test_decoding, and what it means in the terms of the model. */

import { describe, expect, test } from "vitest";
import { changeOf, transactions, type StoredChange } from "../../correctness/trace/decode.js";
import { Names } from "../../correctness/trace/names.js";
import { modelChanges } from "../../correctness/trace/stored.js";

const schema = "trace_x";
const line = (rest: string) => `table trace_x.${rest}`;
const change = (rest: string) => changeOf(line(rest), schema)!;

describe("lines", () => {
  test("values: numbers, texts with quotes, nulls, times, JSON", () => {
    const columns = [
      "slot[integer]:0",
      "note[text]:'it''s a[text]:''b'' new-tuple: x'",
      "deadline_at[timestamp with time zone]:null",
      "enqueued_at[timestamp with time zone]:'2030-01-01 02:00:00+00'",
      `payload[jsonb]:'{"job": "j1", "note": "a\nb"}'`,
      `"odd ""name"[character varying]:'\\'`,
    ];
    expect(change(`ready_entries_0: INSERT: ${columns.join(" ")}`)).toEqual({
      kind: "row",
      table: "ready_entries_0",
      before: null,
      after: {
        slot: "0",
        note: "it's a[text]:'b' new-tuple: x",
        deadline_at: null,
        enqueued_at: "2030-01-01 02:00:00+00",
        payload: '{"job": "j1", "note": "a\nb"}',
        'odd "name': "\\",
      },
    });
  });

  test("arrays", () => {
    const text = "lease_claims_1: INSERT: job_ids[bigint[]]:'{1,22}' run_leases[integer[]]:'{1,1}'";
    expect(change(text)).toMatchObject({ after: { job_ids: "{1,22}", run_leases: "{1,1}" } });
  });

  test("updates and deletes have the row that was there, without its nulls", () => {
    const old = "job_id[bigint]:1 note[text]:' new-tuple: '";
    const now = "job_id[bigint]:1 note[text]:null";
    expect(change(`attempt_state: UPDATE: old-key: ${old} new-tuple: ${now}`)).toEqual({
      kind: "row",
      table: "attempt_state",
      before: { job_id: "1", note: " new-tuple: " },
      after: { job_id: "1", note: null },
    });
    expect(change(`attempt_state: DELETE: ${old}`)).toMatchObject({ after: null });
  });

  test("truncations of several tables, in several schemas", () => {
    const tables = "trace_x.leases_0, other.leases_0, trace_x.lease_claims_12";
    expect(changeOf(`table ${tables}: TRUNCATE: (no-flags)`, schema)).toEqual({
      kind: "truncation",
      tables: ["leases_0", "lease_claims_12"],
    });
    expect(changeOf("table other.leases: TRUNCATE: (no-flags)", schema)).toBeNull();
  });

  test.each([
    "attempt_state: UPDATE: job_id[bigint]:1",
    "attempt_state: DELETE: (no-tuple-data)",
    "attempt_state: INSERT: job_id[bigint]:1 and more",
    "attempt_state",
  ])("%s cannot be read", (text) => {
    expect(() => change(text)).toThrow(/^the log cannot be read: /);
  });

  test("transactions, their messages, and nothing of other prefixes or schemas", () => {
    const message = (prefix: string) =>
      `message: transactional: 1 prefix: ${prefix}, sz: 2 content:17`;
    const lines = [
      ...["BEGIN 7", message("ringproof"), line("rings: INSERT: ring[text]:'queue'"), "COMMIT 7"],
      ...["BEGIN 9", "table other.rings: INSERT: ring[text]:'queue'", "COMMIT 9"],
      ...["BEGIN 8", message("somebody"), "COMMIT 8"],
    ];
    const all = [...transactions(lines, { schema, prefix: "ringproof" })];
    expect(all.map((t) => [t.xid, t.messages, t.changes.length])).toEqual([
      ["7", ["17"], 1],
      ["9", [], 0],
      ["8", [], 0],
    ]);
  });
});

describe("in the terms of the model", () => {
  function names(): Names {
    const names = new Names(new Map([["a", 1]]));
    for (const id of ["1", "2"]) names.log(id, `j${id}`);
    return names;
  }
  const changed = (rest: string) => modelChanges(change(rest) as StoredChange, names());
  const at = (hour: number) => `'2030-01-01 0${hour}:00:00+00'`;

  test("a row of receipts is one per attempt, with times in ticks", () => {
    const text =
      "lease_claims_1: INSERT: slot[integer]:1 lane_id[integer]:1 receipt_seq[bigint]:4 " +
      `ready_slot[integer]:0 claimed_at[timestamp with time zone]:${at(3)} ` +
      "lane_seqs[bigint[]]:'{3,4}' job_ids[bigint[]]:'{1,2}' run_leases[integer[]]:'{1,2}' " +
      "deadline_at[timestamp with time zone]:null";
    expect(changed(text)).toEqual([
      { table: "leaseClaims", put: [1, 0, "a", 3, "j1", 1, 3, null] },
      { table: "leaseClaims", put: [1, 0, "a", 4, "j2", 2, 3, null] },
    ]);
  });

  test("rings: how many slots are in use", () => {
    const ring = (generation: number, tail: string) =>
      "ring[text]:'queue' slot_count[integer]:4 current_slot[integer]:2 " +
      `generation[bigint]:${generation} tail_generation[bigint]:${tail}`;
    const update = (...of: [number, string]) =>
      changed(`rings: UPDATE: old-key: ${ring(0, "null")} new-tuple: ${ring(...of)}`);
    expect(update(2, "null")).toEqual([{ table: "rings", put: ["queue", 2, 3] }]);
    expect(update(6, "null")).toEqual([{ table: "rings", put: ["queue", 2, 4] }]);
    expect(update(6, "5")).toEqual([{ table: "rings", put: ["queue", 2, 2] }]);
  });

  test.each([
    ["null", 0],
    [`'"1/2"'`, 1],
    [`'"1/1"'`, '"1/1"'],
  ])("progress %s", (progress, cell) => {
    const text = `attempt_state: INSERT: job_id[bigint]:1 run_lease[integer]:2 progress[jsonb]:`;
    expect(changed(text + progress)).toEqual([
      { table: "attemptState", put: ["j1", 2, null, cell] },
    ]);
  });

  test("an update drops the row only if another one comes in its place", () => {
    const row = (job: number, lease: number, slot: number) =>
      `job_id[bigint]:${job} run_lease[integer]:${lease} lease_slot[integer]:${slot}`;
    const update = (old: string, now: string) =>
      changed(`attempt_state: UPDATE: old-key: ${old} new-tuple: ${now}`);
    expect(update(row(1, 1, 0), row(1, 2, 0))).toEqual([
      { table: "attemptState", drop: ["j1", 1, null, 0] },
      { table: "attemptState", put: ["j1", 2, null, 0] },
    ]);
    expect(update(row(1, 1, 0), row(1, 1, 1))).toEqual([]);
  });

  test("a truncation clears a slot of each table that the model has", () => {
    const text = "leases_0, trace_x.queue_terminal_count_deltas_0: TRUNCATE: (no-flags)";
    expect(changed(text)).toEqual([{ table: "leases", clear: 0 }]);
  });

  test("bodies and keys of others, ids that nobody knows, tables of no model", () => {
    const row = (id: number, job: string, key: string) =>
      `deferred_jobs: INSERT: job_id[bigint]:${id} run_lease[integer]:0 lane_id[integer]:1 ` +
      `run_at[timestamp with time zone]:${at(1)} snoozes[integer]:0 unique_key[text]:${key} ` +
      `payload[jsonb]:'{"job": "${job}"}'`;
    const job = (...of: [number, string, string]) => changed(row(...of))[0]!.put![0];
    expect(job(1, "j1", "null")).toBe("j1");
    expect(job(1, "j2", "null")).toBe("j1 with the body of j2");
    expect(job(1, "j1", "'k1'")).toBe("j1 with the key k1");
    expect(changed("unique_keys: DELETE: unique_key[text]:'k1' job_id[bigint]:7")).toEqual([
      { table: "uniqueKeys", drop: ["#7 with the key k1"] },
    ]);
    expect(changed("claim_slots: DELETE: slot[integer]:0")).toEqual([]);
  });
});
