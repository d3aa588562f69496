/** Progress on a terminal: a list of jobs, drawn again and again on the stream it is given. */

import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Verdict } from "../../correctness/claims.js";
import { TerminalProgress } from "../../correctness/report/terminal.js";

const jobs = [
  { id: "C1", sentence: "one" },
  { id: "C2", sentence: "two" },
  { id: "C3", sentence: "three" },
];

function onTerminal() {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  const written: string[] = [];
  stream.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  const progress = new TerminalProgress(stream as unknown as NodeJS.WriteStream);
  const text = () => written.join("").replace(/\x1b\[[?\d;]*[a-zA-Z]/g, "");
  return { progress, text };
}

test("shows every job with its verdict, and below the one at work how far it is", async () => {
  const { progress, text } = onTerminal();
  const verdicts: Readonly<Record<string, Verdict>> = { C1: "holds", C2: "violated" };
  await progress.each(jobs, async ({ id }) => {
    progress.report(id, "databases", 5, 9);
    await sleep(250);
    return verdicts[id] ?? "not-run";
  });
  expect(text()).toContain("databases 5 of 9");
  expect(text().trimEnd().split(/\r?\n/).slice(-3)).toEqual([
    expect.stringMatching(/^[✔√] C1 one$/),
    expect.stringMatching(/^[✖×] C2 two: violated$/),
    expect.stringMatching(/^↓ C3 three: not run$/),
  ]);
});

test("what a job throws ends the list", async () => {
  const { progress, text } = onTerminal();
  const begun: string[] = [];
  const failing = progress.each(jobs, async ({ id }) => {
    begun.push(id);
    if (id === "C2") throw new Error("cannot go on");
    return "holds";
  });
  await expect(failing).rejects.toThrow("cannot go on");
  expect(begun).toEqual(["C1", "C2"]);
  expect(text()).not.toMatch(/C3.*SKIPPED/);
});
