/** The package as its users import it: by name, through `exports`, from what was built. */

import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { packageRoot } from "../src/package-root.js";

/** The exports of the package, resolved by Node itself from the package's own folder. */
function exportsOf(name: string): string[] {
  const program = `console.log(Object.keys(await import(${JSON.stringify(name)})).join())`;
  const args = ["--input-type=module", "--eval", program];
  return execFileSync(process.execPath, args, { cwd: packageRoot(), encoding: "utf8" })
    .trim()
    .split(",");
}

test("the engine and its install", () => {
  expect(exportsOf("ringproof")).toEqual(
    expect.arrayContaining(["PostgresStorage", "install", "uninstall", "openPostgres", "core"]),
  );
});

test("the contract and its fake", () => {
  expect(exportsOf("ringproof/memory")).toEqual(
    expect.arrayContaining(["MemoryQueue", "allows", "initial", "view"]),
  );
});
