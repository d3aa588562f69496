/** Reads a storage under test from somebody's module. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createJiti } from "jiti";
import { UserError } from "../../src/errors.js";
import { recordedActions } from "../trace/history.js";
import type { StorageUnderTest } from "./storage.js";

const REMEDY = "correctness/examples/one-table.ts is one that works.";

/** What the module exports as its default, TypeScript or not. */
export async function loadStorage(file: string): Promise<StorageUnderTest> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UserError(`There is no file ${file}.`, "Name your module.");
  const module = await imported(file, path);
  checkStorage(module, `The default export of ${file}`);
  return module;
}

/** Throws a UserError that says what it lacks. */
export function checkStorage(value: unknown, what: string): asserts value is StorageUnderTest {
  const why = whyNot(value);
  if (why) throw new UserError(`${what} is no storage under test: ${why}.`, REMEDY);
}

async function imported(file: string, path: string): Promise<unknown> {
  try {
    return await createJiti(import.meta.url).import(path, { default: true });
  } catch (error) {
    const message = `${file} cannot be imported: ${(error as Error).message}`;
    throw new UserError(message, "Run it alone with node, or tsx, to see why.", { cause: error });
  }
}

function whyNot(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "it is no object";
  const { name, install, view, operations } = value as Partial<StorageUnderTest>;
  if (typeof name !== "string" || name === "") return "it has no name";
  if (typeof install !== "function") return "it has no function install";
  if (typeof view !== "function") return "it has no function view";
  if (typeof operations !== "object" || operations === null) return "it has no operations";
  const names = Object.keys(operations);
  const other = names.find((one) => !(recordedActions as string[]).includes(one));
  if (other !== undefined)
    return `${other} is no operation of the contract, which has ${recordedActions.join(", ")}`;
  const missing = ["Enqueue", "Claim"].find((one) => !names.includes(one));
  return missing === undefined ? undefined : `without ${missing} there is nothing to check`;
}
