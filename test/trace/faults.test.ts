/** Calls that are lost in a recording: by each kind of fault, and wherever SQL can be left. */

import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { coverFaults } from "../../correctness/trace/fault-coverage.js";
import { placesByAction } from "../../correctness/trace/fault-places.js";
import { Faults, Places } from "../../correctness/trace/faults.js";
import type { Event, History } from "../../correctness/trace/history.js";
import { record, recordSettings, type RecordOptions } from "../../correctness/trace/record.js";
import { checkStorage } from "../../correctness/trace/storage.js";
import { newDice } from "../../correctness/trace/dice.js";
import { UserError } from "../../src/errors.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { isRunning, processesIn } from "../postgres/processes.js";

let server: PostgresServer;
let first: number;
let history: History;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" }, { settings: recordSettings });
  first = server.pid!;
  const faults = { terminate: 15, cutBefore: 30, cutAfter: 25, kill: 80 };
  history = await recorded({ seed: 5, events: 1_500, faults });
});
afterAll(() => server.stop());

const recorded = (options: Partial<RecordOptions>) =>
  record({ source: server, seed: 1, events: 300, ...options });

const lostBy = (how: RegExp): readonly Event[] =>
  history.events.filter(({ fault }) => fault !== undefined && how.test(fault));

/** Schemas and replication slots that are there now. */
async function leftBehind(): Promise<readonly unknown[]> {
  const client = await connect(server);
  const { rows } = await client.query(
    `select nspname from pg_namespace where nspname like 'trace%'
     union all select slot_name from pg_replication_slots`,
  );
  await client.end();
  return rows;
}

describe("a history with faults", () => {
  const texts = {
    terminate: /^terminated at \w+\.\w+$/,
    cutBefore: /^cut before COMMIT$/,
    cutAfter: /^cut after COMMIT$/,
    kill: /^server killed( at \w+\.\w+)?$/,
  };

  test.each(Object.entries(texts))("has calls that were lost by %s", (kind, how) => {
    expect(lostBy(how).length).toBeGreaterThan(0);
    const count = Number(history.header.about![kind]);
    expect(count).toBeGreaterThan(0);
    if (kind !== "kill") expect(count).toBe(lostBy(how).length);
  });

  test("says nothing of the answer of a lost call, and of no other one", () => {
    expect(lostBy(/./).length).toBeGreaterThan(50);
    for (const { fault, return: ended, outcome, gone = Infinity, call } of history.events) {
      expect(ended === null).toBe(fault !== undefined);
      expect(outcome === null).toBe(fault !== undefined);
      if (fault !== undefined) expect(gone).toBeGreaterThan(call);
    }
  });

  test("counts how often the clock leapt", () => {
    expect(history.header.about!["clock"]).toBeGreaterThan(0);
  });

  test("has no commit of a call that was terminated, or cut before", () => {
    const committed = (how: RegExp) => lostBy(how).filter(({ commit }) => commit !== null);
    expect(committed(texts.terminate)).toEqual([]);
    expect(committed(texts.cutBefore)).toEqual([]);
    expect(committed(texts.cutAfter)).not.toEqual([]);
  });

  test("knows each job by its name, even if nobody was told of it", () => {
    const lines = history.events.flatMap(({ changes }) => changes!.map((c) => JSON.stringify(c)));
    expect(lines.filter((line) => line.includes("#"))).toEqual([]);
    expect(history.header.about!["drained"]).toBe("yes");
  });

  test("is explained", () => {
    expect(checkStorage(history).breach).toBeNull();
  });
});

describe("a history is refused", () => {
  const doctored = (changed: Event): History => ({
    ...history,
    events: history.events.map((event) => (event.id === changed.id ? changed : event)),
  });
  const moving = ["readyEntries", "leaseClaims", "deferredJobs"];
  /** It committed, and others must have seen what it did. */
  const unheard = (): Event =>
    lostBy(/^cut after/).find(({ changes }) =>
      changes!.some(({ table, put }) => put && moving.includes(table)),
    )!;
  const after = ({ commit }: Event): Event =>
    history.events.find((event) => event.commit === commit! + 1)!;

  test("where a lost call that committed is said not to have", () => {
    const event = { ...unheard(), commit: null, changes: [] };
    expect(checkStorage(doctored(event)).breach).not.toBeNull();
  });

  test("where another call is said to have made its changes", () => {
    const event = unheard();
    const next = after(event);
    const other = { ...next, changes: [...event.changes!, ...next.changes!] };
    const { header, events } = doctored({ ...event, commit: null, changes: [] });
    const moved = events.map((each) => (each.id === other.id ? other : each));
    const { breach } = checkStorage({ header, events: moved });
    expect([...breach!.misfits.keys()].map(({ id }) => id)).toContain(next.id);
  });

  test("where a lost call that did not commit is said to have", () => {
    // A job without a key: one whose key was taken meanwhile would change nothing.
    const event = lostBy(/^cut before|^terminated/)[0]!;
    const args = { lane: "a", batch: ["new"], keys: [null], wait: 0 };
    const enqueue = { ...event, action: "Enqueue", args } as Event;
    expect(checkStorage(doctored(enqueue)).breach).toBeNull();
    const { breach } = checkStorage(doctored({ ...enqueue, commit: history.events.length }));
    expect(breach!.event.id).toBe(event.id);
  });
});

describe("a server that was killed", () => {
  test("is there again, and holds nothing of the recording", async () => {
    expect(isRunning(first)).toBe(false);
    expect(isRunning(server.pid!)).toBe(true);
    expect(await leftBehind()).toEqual([]);
  });

  test("is gone in the end with all that it had", async () => {
    const own = await openPostgres({ kind: "embedded" }, { settings: recordSettings });
    const { socketDir = "" } = own;
    await recorded({ source: own, faults: { kill: 30 } }).finally(() => own.stop());
    expect(isRunning(own.pid!)).toBe(false);
    expect(existsSync(socketDir)).toBe(false);
    expect(processesIn(socketDir)).toEqual([]);
  });

  test("must be one of ours", async () => {
    const source = { kind: "url", url: server.url, from: "--pg" } as const;
    const error: unknown = await recorded({ source, faults: { kill: 30 } }).catch((e) => e);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(/cannot be killed/);
  });
});

test("a connection that is lost without being meant to be is an error", async () => {
  const client = await connect(server);
  let done: Promise<unknown> | undefined;
  const progress = () => {
    done ??= client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where query ~ '^commit$|^begin; select|"trace_' and pid <> pg_backend_pid()`,
    );
  };
  const faults = { cutBefore: 50 };
  await expect(recorded({ events: 5_000, progress, faults })).rejects.toThrow(/went away/);
  await done;
  await client.end();
  expect(await leftBehind()).toEqual([]);
});

describe("places", () => {
  const places = placesByAction();

  test("are those that the function of an action comes to", () => {
    expect(places.get("Claim")).toEqual(
      expect.arrayContaining(["hand_out.read_tail", "pin_slot.lock_slot"]),
    );
    expect(places.get("Claim")).not.toContain("rotate.lock_ring");
    for (const [action, labels] of places) expect(labels, action).not.toEqual([]);
  });

  test("that are left come first", () => {
    const all = new Places();
    const faults = new Faults({
      rates: { terminate: 1 },
      dice: newDice(1),
      places: all,
      onlyLeft: true,
    });
    const [label, ...others] = places.get("Heartbeat")!;
    all.add("terminate", label!);
    expect(faults.next("Heartbeat")).toEqual({ kind: "terminate", labels: others });
    for (const other of others) all.add("terminate", other);
    expect(faults.next("Heartbeat")).toBeNull();
    expect(faults.exhausted).toBe(false);
    for (const each of all.left("terminate")) all.add("terminate", each);
    expect(faults.exhausted).toBe(true);
  });

  test("are come to one after the other", async () => {
    const histories: History[] = [];
    const left = await coverFaults({
      source: server,
      seed: 1,
      kinds: ["terminate"],
      seconds: 5,
      recorded: (each) => histories.push(each),
    });
    expect(left.length).toBeLessThan(30);
    for (const each of histories) expect(checkStorage(each).breach).toBeNull();
  });
});
