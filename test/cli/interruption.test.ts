/** What the command line says once it has been interrupted: nothing, whatever a claim then does. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { ClaimResult, Context } from "../../correctness/claims.js";
import { main } from "../../correctness/cli.js";
import { historyLines } from "../../correctness/trace/file.js";
import type { Header } from "../../correctness/trace/history.js";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import { finding, holding, result } from "./fixture.js";

const consequences: readonly [string, () => Promise<ClaimResult>][] = [
  ["returns what it has", async () => result("C2", "holds")],
  ["takes its end for a violation", async () => result("C2", "violated", [finding])],
  ["misses what was stopped", () => Promise.reject(new UserError("No Postgres.", "Look."))],
  ["fails", () => Promise.reject(new TypeError("of undefined"))],
];

test.each(consequences)("the interrupted claim %s", async (_, consequence) => {
  for (const command of ["check", "graph"]) {
    const stop = new AbortController();
    const [written, started]: [string[], string[]] = [[], []];
    const C2 = (context: Context) => {
      expect(context.signal).toBe(stop.signal);
      stop.abort();
      return consequence();
    };
    const C3 = async () => {
      started.push("C3");
      return result("C3", "holds");
    };
    const output = { terminal: null, write: (text: string) => void written.push(text) };
    const io = { out: output, err: output, env: {}, interruption: () => stop.signal };
    expect(await main([command], io, holding({ C2, C3 }))).toBe(130);
    expect({ written, started }).toEqual({ written: [], started: [] });
  }
});

test("whoever starts nothing and never pauses is ended at once: nobody listens", async () => {
  const dir = await mkdtemp(join(tmpdir(), "ringproof-test-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const history = join(dir, "history.ndjson");
  const limits = { staleAfter: 1, callbackWait: 1, maxAttempts: 1, failedFloor: 0 };
  const header: Header = { ringproof: 1, storage: "a table", lanes: ["mail"], limits };
  await writeFile(history, historyLines({ header, events: [] }));
  const output = { terminal: null, write: () => undefined };
  const listens = async (...args: readonly string[]) => {
    const interruption = vi.fn(() => new AbortController().signal);
    await main(args, { out: output, err: output, env: {}, interruption }, holding());
    return interruption.mock.calls.length > 0;
  };
  expect(await listens("explore", "slots")).toBe(false);
  expect(await listens("trace", "check", history)).toBe(false);
  expect(await listens("trace", "check", "--tlc", history)).toBe(true);
});

test("a reader that stops reading is no mistake", async () => {
  const bin = join(packageRoot(), "dist", "correctness", "bin.js");
  const child = spawn(process.execPath, [bin, "explore", "slots"]);
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  child.stdout.destroy();
  expect(await once(child, "close")).toEqual([0, null]);
  expect(said).not.toMatch(/error/);
});
