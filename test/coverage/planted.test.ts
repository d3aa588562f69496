/** Zeros at their source: what a scope, a configuration or a run leaves out is not counted. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countLabels, counting, executions } from "../../correctness/coverage/labels.js";
import { countsOf as ofGraph } from "../../correctness/explore/claim.js";
import { explore } from "../../correctness/explore/explorer.js";
import { readCfg } from "../../correctness/explore/scope.js";
import { labelled } from "../../correctness/interleave/instrument.js";
import { countsOf as ofTlc } from "../../correctness/tlc/claim.js";
import {
  storageMachine,
  type Call,
  type Machine,
  type Scope,
  type State,
} from "../../src/core/index.js";
import { install, ringproofSql } from "../../src/postgres/install.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { scope } from "../conform/scope.js";
import { manifest } from "./all.js";

describe("in the core's graph", () => {
  const storage = { module: "MCSegmentedStorage" };
  const counts = (own: Scope, other: Partial<Machine<State, Call>> = {}) =>
    ofGraph(storage, explore({ ...storageMachine(own), ...other }, { answers: true }), true);

  test("calls, edges and looks are counted", () => {
    const all = counts(scope);
    expect(all.of("core", "CancelReady notReady")).toBeGreaterThan(10);
    expect(all.of("core", "CancelReady cancelled")).toBe(all.of("TLC", "CancelReady cancelled"));
    expect(all.of("core", "CancelReady")).toBe(all.of("TLC", "CancelReady cancelled"));
    expect(all.of("TLC", "CancelReady notReady")).toBe(0);
    expect(all.of("core", "NoTokenTwice")).toBeGreaterThan(10);
    expect(all.of("core", "KeepsContract")).toBeGreaterThan(all.of("core", "CancelReady"));
  });

  test("an action that is switched off has zeros", () => {
    const enabled = scope.enabled.filter((name) => name !== "CancelReady");
    const rest = counts({ ...scope, enabled });
    const names = ["CancelReady", "CancelReady cancelled", "CancelReady notReady"];
    expect(names.map((name) => rest.of("core", name))).toEqual([0, 0, 0]);
    expect(rest.of("core", "Claim claimed")).toBeGreaterThan(0);
  });

  test("so has a refusal that is never given, and a property that is not looked at", () => {
    const machine = storageMachine(scope);
    const trusting = counts(scope, {
      possible: (state, call) =>
        machine.possible(state, call) && machine.step(state, call).outcome.result !== "notReady",
      invariants: {},
    });
    expect(trusting.of("core", "CancelReady notReady")).toBe(0);
    expect(trusting.of("core", "CancelReady cancelled")).toBeGreaterThan(0);
    expect(trusting.of("core", "NoTokenTwice")).toBe(0);
    expect(trusting.of("core", "KeepsContract")).toBeGreaterThan(0);
  });
});

describe("in TLC", () => {
  const entry = (name: string) => manifest.find((e) => e.name === name)!;

  test("what a .cfg names is checked on all its states; nothing else is", async () => {
    const cfg = await readCfg("slots.cfg");
    const counts = ofTlc(entry("slots"), cfg, 2_517, { Claim: 7 });
    for (const name of ["NoTokenTwice", "KeepsContract"])
      expect(counts.of("TLC", name)).toBe(2_517);
    expect(counts.of("TLC", "Claim")).toBe(7);
    const invariants = cfg.invariants.filter((name) => name !== "NoTokenTwice");
    const less = ofTlc(entry("slots"), { ...cfg, invariants }, 2_517, {});
    expect(less.of("TLC", "NoTokenTwice")).toBe(0);
    expect(less.of("TLC", "Claim")).toBe(0);
  });

  test("a wrong design counts as a bug of what it breaks, and as nothing else", async () => {
    const broken = ofTlc(entry("lease-reset"), await readCfg("lease-reset.cfg"), 9, { Claim: 1 });
    expect(broken.of("mutants", "NoTokenTwice")).toBe(1);
    expect(broken.of("TLC", "NoTokenTwice") + broken.of("TLC", "Claim")).toBe(0);
    const safe = "claim-prune-gate-safe";
    const other = ofTlc(entry(safe), await readCfg(`${safe}.cfg`), 9, { Claim: 1 });
    expect(other.of("TLC", "NoTokenTwice")).toBe(0);
  });
});

describe("labelled statements on Postgres", () => {
  const schema = "counted";
  const now = new Date("2024-01-01T00:00:00Z");
  let server: PostgresServer;
  let client: pg.Client;
  beforeAll(async () => {
    server = await openPostgres({ kind: "embedded" });
    client = await connect(server);
    await install(client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  test("the counted SQL is the shipped SQL, with a counter for each label", () => {
    const { dir, files } = ringproofSql();
    for (const file of files) {
      const sql = readFileSync(join(dir, file), "utf8");
      const counter = /perform nextval\('ringproof\."at \w+\.\w+"'\);/g;
      expect(counting(sql).replace(counter, "")).toBe(sql.replace(/--@ \w+$/gm, ""));
      expect(counting(sql).match(counter) ?? []).toHaveLength(labelled(sql).length);
    }
  });

  test("each execution counts, rolled back or not; what is not reached is zero", async () => {
    expect((await executions(client, schema)).size).toBe(0);
    await countLabels(client, schema);
    const storage = new PostgresStorage(client, { schema });
    const lane = await storage.ensureLane("mail", 0, 0);
    const times = async (...labels: readonly string[]) => {
      const all = await executions(client, schema);
      return labels.map((label) => all.get(label));
    };
    const labels = ["enqueue.allocate_ids", "enqueue.insert_deferred", "hand_out.insert_receipt"];
    expect(await times(...labels)).toEqual([0, 0, 0]);
    await storage.enqueue(lane, [{}], now, now);
    await client.query("begin");
    expect(await storage.enqueue(lane, [{}], new Date(now.getTime() + 1), now)).toHaveLength(1);
    await client.query("savepoint claimed");
    expect(await storage.claim(lane, 1, now)).toHaveLength(1);
    await client.query("rollback to claimed; rollback");
    expect(await times(...labels)).toEqual([2, 1, 1]);
    expect(await times("ensure_lane.insert_lane", "prune.move_tail")).toEqual([1, 0]);
    const other = await connect(server);
    await new PostgresStorage(other, { schema }).claim(lane, 1, now).finally(() => other.end());
    expect(await times("hand_out.insert_receipt")).toEqual([2]);
  });
});
