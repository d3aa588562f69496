import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findJava } from "../../correctness/tlc/java.js";
import { executable, run, SHELF, SHELF_CFG, temporary } from "./fixture.js";

/** What TLC prints, from the violation on, when its threads disturb each other. */
const LOST = [
  "@!@!@STARTMSG 2116:1 @!@!@",
  "Temporal properties were violated.",
  "@!@!@ENDMSG 2116 @!@!@",
  "@!@!@STARTMSG 2264:1 @!@!@",
  "The following behavior constitutes a counter-example:",
  "@!@!@ENDMSG 2264 @!@!@",
  "@!@!@STARTMSG 1000:1 @!@!@",
  "TLC threw an unexpected exception.",
  "The exception was a java.io.EOFException",
  "@!@!@ENDMSG 1000 @!@!@",
].join("\n");

/** A `java` that loses the behaviour so many times, then is the real one; it counts its runs. */
async function javaThatLoses(times: number, exitCode: number) {
  const dir = await temporary();
  const [path, runs, lost] = ["java", "runs", "lost"].map((name) => join(dir, name));
  await executable(
    path!,
    `echo run >> '${runs}'`,
    `[ "$(wc -l < '${runs}')" -gt ${times} ] && exec '${(await findJava()).path}' "$@"`,
    `cat '${lost}'; exit ${exitCode}`,
  );
  await writeFile(lost!, `${LOST}\n`);
  const started = async () => (await readFile(runs!, "utf8")).trim().split("\n").length;
  return { path: path!, started };
}

const empties = (java: string, options = {}) =>
  run({ Shelf: SHELF }, `${SHELF_CFG}PROPERTY Empties`, { java, ...options });

/** TLC ends with its code of a violated property, or of whatever it threw. */
describe.each([13, 255])("a behaviour that TLC loses, with exit code %i,", (exitCode) => {
  test("is found by another run", async () => {
    const java = await javaThatLoses(2, exitCode);
    const result = await empties(java.path);
    expect(result.violated).toEqual({ kind: "property", name: "Empties" });
    expect(result.lassoTo).toBe(result.trace!.length);
    expect(result.behaviourLost).toBeUndefined();
    expect(await java.started()).toBe(3);
  });

  test("is not looked for without end, and said to be lost", async () => {
    const java = await javaThatLoses(9, exitCode);
    const running = empties(java.path);
    if (exitCode === 13) {
      expect(await running).toMatchObject({ verdict: "violated", behaviourLost: true });
    } else await expect(running).rejects.toThrow("EOFException");
    expect(await java.started()).toBe(3);
  });

  test("is not looked for where a dump was read", async () => {
    const java = await javaThatLoses(1, exitCode);
    const dump = { onState: () => undefined, onEdge: () => undefined };
    await empties(java.path, { dump }).catch(() => undefined);
    expect(await java.started()).toBe(1);
  });
});
