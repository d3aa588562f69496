/** The explanation of a history as an ITF trace: every call, with the rows that it left. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { historyLines } from "../../correctness/trace/file.js";
import type { Event, History } from "../../correctness/trace/history.js";
import { record } from "../../correctness/trace/record.js";
import { formatCall } from "../../correctness/report/calls.js";
import { ran } from "../cli/fixture.js";

interface Itf {
  readonly vars: readonly string[];
  readonly states: readonly {
    readonly action: string;
    readonly db: Readonly<
      Record<string, { readonly "#set": readonly { readonly job?: string }[] }>
    >;
  }[];
}

let dir: string;
let history: History;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "ringproof-test-"));
  history = await record({ source: { kind: "embedded" }, seed: 1, events: 60, workers: 2 });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** What `trace check --itf` writes of a history, and what it says. */
async function written(some: History) {
  const [from, to] = [join(dir, "history.ndjson"), join(dir, "trace.itf.json")];
  await rm(to, { force: true });
  await writeFile(from, historyLines(some));
  const said = await ran(["trace", "check", from, "--itf", to]);
  const text = await readFile(to, "utf8").catch(() => null);
  return { ...said, itf: text === null ? null : (JSON.parse(text) as Itf) };
}

const callOf = ({ action, args }: Event): string => formatCall({ action, args });

test("every call that committed is there, and no other", async () => {
  const { code, itf } = await written(history);
  expect(code).toBe(0);
  expect(itf!.vars).toEqual(["action", "db", "env"]);
  const committed = history.events.filter(({ commit }) => commit !== null).map(callOf);
  expect(itf!.states[0]!.action).toBe("Init");
  expect(
    itf!.states
      .slice(1)
      .map(({ action }) => action)
      .sort(),
  ).toEqual(committed.sort());
});

test("with the rows that it left: those of a batch are ready, or deferred", async () => {
  const { itf } = await written(history);
  const at = itf!.states.findIndex(({ action }) => action.startsWith("Enqueue"));
  const { outcome } = history.events.find((e) => callOf(e) === itf!.states[at]!.action)!;
  const jobsIn = (table: string, i: number) => itf!.states[i]!.db[table]!["#set"].map((r) => r.job);
  const jobs = (i: number) => [...jobsIn("readyEntries", i), ...jobsIn("deferredJobs", i)];
  expect(outcome!.jobs!.length).toBeGreaterThan(0);
  for (const job of outcome!.jobs!) {
    expect(jobs(at)).toContain(job);
    expect(jobs(at - 1)).not.toContain(job);
  }
  // The recording is drained in the end.
  for (const table of ["readyEntries", "leaseClaims", "leases"])
    expect(jobsIn(table, itf!.states.length - 1)).toEqual([]);
});

test("of a history without an explanation, as far as there is one", async () => {
  const at = history.events.findIndex(({ outcome }) => outcome?.result === "claimed");
  const outcome = { result: "empty" };
  const events = history.events.map((e, i) => (i === at ? ({ ...e, outcome } as Event) : e));
  const { code, itf } = await written({ ...history, events });
  expect(code).toBe(1);
  expect(itf!.states.length).toBeGreaterThan(1);
  expect(itf!.states.length).toBeLessThan(events.length);
});

test("a history of another queue has no rows to show", async () => {
  const { slots: _, ...header } = history.header;
  const { code, err, itf } = await written({ header, events: [] });
  expect(code).toBe(2);
  expect(err).toMatch(/Only histories of ringproof have rows to show\.\nLeave out --itf\./);
  expect(itf).toBeNull();
});
