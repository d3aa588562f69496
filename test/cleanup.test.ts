import { afterEach, beforeEach, expect, test, vi } from "vitest";

const before = new Set(process.listeners("SIGINT"));
const listeners = () => process.listeners("SIGINT").filter((listener) => !before.has(listener));

let cleanup: typeof import("../src/cleanup.js");
let order: string[];

/** Each test gets the module as a new process would: nothing registered, nothing stopping. */
beforeEach(async () => {
  vi.resetModules();
  cleanup = await import("../src/cleanup.js");
  order = [];
  vi.useFakeTimers();
  vi.spyOn(process, "exit").mockImplementation((code) => {
    order.push(`exit ${code}`);
    return undefined as never;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const listener of listeners()) process.off("SIGINT", listener);
});

const interrupt = () => listeners().at(-1)!("SIGINT");

test("a signal runs every cleanup, the last one first, then exits", async () => {
  cleanup.registerCleanup(() => void order.push("first"));
  cleanup.registerCleanup(async () => {
    await Promise.resolve();
    order.push("second");
  });
  const unregister = cleanup.registerCleanup(() => void order.push("gone"));
  unregister();
  interrupt();
  await vi.waitFor(() => expect(order).toEqual(["second", "first", "exit 130"]));
});

test("a cleanup that fails does not keep the others from running", async () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  cleanup.registerCleanup(() => void order.push("first"));
  cleanup.registerCleanup(() => Promise.reject(new Error("no")));
  interrupt();
  await vi.waitFor(() => expect(order).toEqual(["first", "exit 130"]));
  expect(write).toHaveBeenCalledWith("cleaning up: Error: no\n");
});

test("a cleanup that hangs is given ten seconds; a second signal does not wait", async () => {
  cleanup.registerCleanup(() => new Promise(() => undefined));
  interrupt();
  await vi.advanceTimersByTimeAsync(9_000);
  expect(order).toEqual([]);
  interrupt();
  expect(order).toEqual(["exit 130"]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(order).toEqual(["exit 130", "exit 130"]);
});

test("withCleanup cleans up once, and leaves no listener behind", async () => {
  const undo = () => void order.push("undo");
  expect(await cleanup.withCleanup(undo, async () => 7)).toBe(7);
  const failing = cleanup.withCleanup(undo, () => Promise.reject(new Error("body")));
  await expect(failing).rejects.toThrow("body");
  expect(order).toEqual(["undo", "undo"]);
  expect(listeners()).toEqual([]);
});
