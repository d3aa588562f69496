/** A history that was recorded: whole, truly concurrent, and nothing is left behind. */

import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { historyLines, readHistory } from "../../correctness/trace/file.js";
import type { Event, History } from "../../correctness/trace/history.js";
import { record, recordSettings, type RecordOptions } from "../../correctness/trace/record.js";
import { Rows } from "../../correctness/trace/recorded-rows.js";
import { scopeOf } from "../../correctness/trace/scope.js";
import { actionNames, actions, wordsOf } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";

const EVENTS = 1_500;
let server: PostgresServer;
let history: History;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" }, { settings: recordSettings });
  history = await recorded({ seed: 1, events: EVENTS });
});
afterAll(() => server.stop());

const recorded = (options: Partial<RecordOptions>) =>
  record({ source: server, seed: 1, events: 100, ...options });

const inOrder = (events: readonly Event[]): readonly Event[] =>
  events.toSorted((a, b) => a.commit! - b.commit!);

/** Schemas and replication slots that are there now. */
async function leftBehind(on = server): Promise<readonly string[]> {
  const client = await connect(on);
  const { rows } = await client.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname like 'trace%'
     union all select slot_name from pg_replication_slots`,
  );
  await client.end();
  return rows.map(({ name }) => name);
}

describe("a history", () => {
  test("is read back from its file as it was", async () => {
    const path = join(tmpdir(), `ringproof-history-${process.pid}.ndjson`);
    await writeFile(path, historyLines(history));
    const read = await readHistory(path).finally(() => rm(path));
    expect(read).toEqual(history);
  });

  test("says where it is from", () => {
    expect(history.header).toMatchObject({
      lanes: ["a", "b"],
      slots: { queue: 4, claim: 3, lease: 2 },
      about: { seed: 1, postgres: server.version, drained: "yes" },
    });
    expect(history.events.length).toBeGreaterThanOrEqual(EVENTS);
  });

  test("has every action, and nearly every answer", () => {
    const onPostgres = actionNames.filter((name) => actions[name].family !== "environment");
    const made = new Set<string>(history.events.map(({ action }) => action));
    expect(onPostgres.filter((name) => !made.has(name))).toEqual([]);
    const answers = onPostgres.flatMap((name) => actions[name].answers.map((a) => `${name} ${a}`));
    const told = new Set(
      history.events.flatMap((e) => wordsOf(e.outcome as never).map((w) => `${e.action} ${w}`)),
    );
    const seldom = answers.filter((answer) => !told.has(answer));
    expect(seldom.length, seldom.join(", ")).toBeLessThan(answers.length / 8);
  });

  test("is of workers that make one call at a time, and of calls that overlap", () => {
    const busy = new Map<string, number>();
    let overlaps = 0;
    for (const [i, event] of history.events.entries()) {
      expect(event.call).toBeGreaterThan(busy.get(event.worker) ?? -1);
      busy.set(event.worker, event.return!);
      const next = history.events[i + 1];
      if (next && next.call < event.return! && next.worker !== event.worker) overlaps++;
    }
    expect(busy.size).toBe(6);
    expect(overlaps).toBeGreaterThan(EVENTS / 4);
  });

  test("has one order of commits, which no answer contradicts", () => {
    const events = inOrder(history.events);
    expect(events.map((e) => e.commit)).toEqual(events.map((_, i) => i));
    let latest = -1;
    for (const event of events) {
      expect(event.return).toBeGreaterThan(latest);
      latest = Math.max(latest, event.call);
    }
  });

  test("keeps few rows, and in the end only dead jobs", () => {
    const rows = new Rows(scopeOf(history.header));
    const sizes = inOrder(history.events).map(({ changes }) => {
      rows.apply(changes!);
      return rows.size;
    });
    expect(Math.max(...sizes)).toBeLessThan(1_000);
    expect(rows.size).toBe(rows.of("dlqEntries").length);
  });

  test("has clocks that leap, and that go back", () => {
    const ticks = history.events.map(({ tick }) => tick);
    const steps = ticks.slice(1).map((tick, i) => tick - ticks[i]!);
    expect(steps.some((step) => step > 1)).toBe(true);
    expect(steps.some((step) => step < 0)).toBe(true);
  });
});

test("nothing is left behind", async () => {
  expect(await leftBehind()).toEqual([]);
});

test("it ends after so many seconds, too", async () => {
  const { header, events } = await record({ source: server, seed: 3, seconds: 0.5, workers: 2 });
  expect(events.length).toBeGreaterThan(20);
  expect(header.about).toMatchObject({ workers: 2, drained: "yes" });
});

describe("a recording that fails", () => {
  test("by a signal", async () => {
    const stop = new AbortController();
    const progress = (done: number) => (done > 30 ? stop.abort() : undefined);
    const recording = recorded({ signal: stop.signal, progress });
    await expect(recording).rejects.toThrow(/abort/);
    expect(await leftBehind()).toEqual([]);
  });

  test("by an error of Postgres names the call", async () => {
    const amend = `
      create or replace function ringproof.fail(p_tokens ringproof.token[], p_now timestamptz)
      returns text[] language plpgsql as $$ begin raise exception 'no such luck'; end $$`;
    const recording = recorded({ amend, events: 5_000 });
    await expect(recording).rejects.toThrow(
      /^w\d called Fail \{"token":\{.*\}\} at tick \d+ \(event \d+\): P0001 no such luck$/,
    );
    expect(await leftBehind()).toEqual([]);
  });

  test("by SQL that Postgres does not take", async () => {
    await expect(recorded({ amend: "select ringproof.nothing" })).rejects.toThrow(/42P01/);
    expect(await leftBehind()).toEqual([]);
  });

  test("by somebody else who writes into its schema", async () => {
    const client = await connect(server);
    let written: Promise<unknown> | undefined;
    const progress = () => {
      written ??= leftBehind().then((names) => {
        const schema = names.find((name) => name.startsWith("trace"))!;
        return client.query(`update "${schema}".lane_claim_heads set cursor_seq = cursor_seq`);
      });
    };
    await expect(recorded({ progress })).rejects.toThrow(/somebody else wrote .*lane_claim_heads/);
    await written;
    await client.end();
    expect(await leftBehind()).toEqual([]);
  });
});

test("a server whose log does not say what changed is refused, with a remedy", async () => {
  const other = await openPostgres({ kind: "embedded" });
  try {
    const source = { kind: "url", url: other.url, from: "--pg" } as const;
    const error: unknown = await record({ source, seed: 1 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(/has no log to record from: .*wal_level/);
    expect((error as UserError).remedy).toMatch(/wal_level = logical/);
    expect(await leftBehind(other)).toEqual([]);
  } finally {
    await other.stop();
  }
});
