import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { historyLines } from "../../correctness/trace/file.js";
import type { Event, Header, History } from "../../correctness/trace/history.js";
import { told } from "../../correctness/trace/told.js";
import { ran } from "../cli/fixture.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "ringproof-history-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (text: string, name = "history.ndjson"): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};

const header: Header = {
  ringproof: 1,
  storage: "a table",
  lanes: ["mail"],
  limits: { staleAfter: 1, callbackWait: 1, maxAttempts: 1, failedFloor: 0 },
};

const claimed = { result: "claimed", tokens: [{ job: "j1", lease: 1 }] };
const claim = { action: "Claim", args: { lane: "mail", n: 1, deadline: 99 }, tick: 0 } as const;

const good: readonly Event[] = [
  {
    ...{ id: 1, worker: "web", action: "Enqueue", tick: 0, call: 0, return: 1 },
    args: { lane: "mail", batch: ["j1"], wait: 0 },
    outcome: { result: "enqueued", jobs: ["j1"] },
  },
  { ...claim, id: 2, worker: "w1", call: 2, return: 4, outcome: claimed },
  { ...claim, id: 3, worker: "w2", call: 3, return: 5, outcome: { result: "empty" } },
];

const text = (events: readonly Event[]): string => historyLines({ header, events });
/** Both are told that they have the job. */
const twice = good.map((event) => (event.id === 3 ? { ...event, outcome: claimed } : event));

describe("trace check", () => {
  test("a history that has an explanation", async () => {
    const { code, out } = await ran(["trace", "check", file(text(good))]);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/contract.*holds/) });
  });

  test("one that has none, and again as the report keeps it", async () => {
    const report = join(dir, "report");
    const { code, out } = await ran(["trace", "check", file(text(twice)), "--report", report]);
    expect(code).toBe(1);
    expect(out).toContain("but j1/1 was handed out before");
    const kept = readdirSync(report).find((name) => name.endsWith(".json"))!;
    expect((await ran(["trace", "check", join(report, kept)])).code).toBe(1);
  });

  test("for programs", async () => {
    const { code, out } = await ran(["trace", "check", file(text(twice)), "--json"]);
    const { claims } = JSON.parse(out) as { claims: readonly { verdict: string }[] };
    expect({ code, claims }).toMatchObject({ code: 1, claims: [{ verdict: "violated" }] });
  });

  test.each([
    ["of nothing", "", "is empty"],
    ["of no JSON", "{", ":1: this is no JSON"],
    ["of another version", '{"ringproof":2}', ":1: ringproof: "],
    ["of events without a header", text(good).split("\n")[1]!, ":1: ringproof: "],
    ["with an unknown action", `${text([])}{"action":"Steal"}`, ":2: action: "],
    ["with one event twice", text([good[0]!, good[0]!]), ":3: there is another event 1"],
    ["that ends before it begins", text([{ ...good[0]!, return: -1 }]), "ended before it began"],
  ])("a file %s", async (_, content, why) => {
    const { code, err } = await ran(["trace", "check", file(content)]);
    expect(code).toBe(2);
    expect(err).toContain(why);
    expect(err.trimEnd().split("\n")).toHaveLength(2);
  });

  test("a report without a history, and no file at all", async () => {
    const other = file('{"claim":"C4","bundle":{"seed":1}}', "finding-C4-1.json");
    expect(await ran(["trace", "check", other])).toMatchObject({ code: 2 });
    expect((await ran(["trace", "check", join(dir, "none.ndjson")])).err).toContain(
      "cannot be read",
    );
  });
});

test("a history that was recorded turns C8 red where it has no explanation", () => {
  const named = (events: readonly Event[]) => told("history 1", { header, events }, 0);
  expect(named(good)).toMatchObject({ findings: [], row: { verdict: "holds" } });
  const red = named(twice);
  expect(red.row.verdict).toBe("violated");
  expect(red.findings[0]!.offline, "it is looked at without a Postgres").toBe(true);
  expect((red.findings[0]!.bundle as History).events).toEqual(twice);
});

test("what is in a file stays there until there is a history to write", async () => {
  const nowhere = ["--pg", "postgres://localhost:1/x"];
  const own = file("mine");
  expect((await ran(["trace", "record", own, ...nowhere])).code).toBe(2);
  expect((await ran(["trace", "record", join(dir, "new.ndjson"), ...nowhere])).code).toBe(2);
  expect(readFileSync(own, "utf8")).toBe("mine");
  expect(readdirSync(dir)).toEqual(["history.ndjson"]);
});

test("a history is not recorded into a file that cannot be written", async () => {
  const { code, err } = await ran(["trace", "record", join(dir, "no", "such", "folder.ndjson")]);
  expect({ code, err }).toMatchObject({
    code: 2,
    err: expect.stringContaining("cannot be written"),
  });
});
