import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Event, History } from "../../correctness/trace/history.js";
import { record } from "../../correctness/trace/record.js";
import { checkStorage } from "../../correctness/trace/storage.js";
import { explainedByTlc } from "../../correctness/trace/tlc.js";
import { toldEarly } from "./early.js";
import { histories } from "./histories.js";

const context = { progress: () => undefined, signal: new AbortController().signal };
const LIMIT_MS = 180_000;

/** What both say; they must agree. */
async function explained(history: History): Promise<boolean> {
  const here = checkStorage(history).breach === null;
  expect(await explainedByTlc(history, context)).toBe(here);
  return here;
}

/** The first calls of histories of the core that overlap. */
const samples = fc.sample(histories, { numRuns: 40, seed: 11 }).map(({ header, events }) => {
  const first = events.toSorted((a, b) => a.commit! - b.commit!).slice(0, 40);
  return { header, events: first.toSorted((a, b) => a.call - b.call) };
});
const long = samples.filter(({ events }) => events.length === 40);

const changed = ({ header, events }: History, wrong: Event): History => ({
  header,
  events: events.map((event) => (event.id === wrong.id ? wrong : event)),
});

const isClaim = ({ outcome }: Event): boolean => outcome?.result === "claimed";
const [first, second, third] = long.filter(({ events }) => events.some(isClaim));
const claimOf = (history: History): Event => history.events.find(isClaim)!;

describe("TLC and the check beside it agree", () => {
  test("on a history of Postgres in which calls were lost", { timeout: LIMIT_MS }, async () => {
    const faults = { terminate: 15, cutBefore: 15, cutAfter: 15 };
    const source = { kind: "embedded" } as const;
    const history = await record({ source, seed: 5, workers: 3, events: 40, faults });
    expect(history.events.some(({ fault }) => fault !== undefined)).toBe(true);
    expect(await explained(history)).toBe(true);
  });

  test.each([0, 1])("on history %i of the core", { timeout: LIMIT_MS }, async (n) => {
    expect(await explained(long[n]!)).toBe(true);
  });

  test("where nobody knows some answers", { timeout: LIMIT_MS }, async () => {
    const { header, events } = long[2]!;
    const unknown = events.map((event) =>
      event.id % 4 === 0 ? ({ ...event, return: null, outcome: null } as Event) : event,
    );
    expect(await explained({ header, events: unknown })).toBe(true);
  });

  test("where a transaction kept a row to itself", { timeout: LIMIT_MS }, async () => {
    const event = claimOf(first!);
    const wrong = changed(first!, { ...event, changes: event.changes!.slice(1) });
    expect(await explained(wrong)).toBe(false);
  });

  test("where a worker is lied to", { timeout: LIMIT_MS }, async () => {
    const wrong = changed(second!, { ...claimOf(second!), outcome: { result: "empty" } });
    expect(await explained(wrong)).toBe(false);
  });

  test("where a key was given back while an enqueue waited", { timeout: LIMIT_MS }, async () => {
    expect(await explained(toldEarly([2, 9, 3]))).toBe(true);
    expect(await explained(toldEarly([7, 9, 3]))).toBe(false);
  });

  test("where a call had ended before what it saw began", { timeout: LIMIT_MS }, async () => {
    const wrong = changed(third!, { ...claimOf(third!), call: -20, return: -10 });
    expect(await explained(wrong)).toBe(false);
  });
});
