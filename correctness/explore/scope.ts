/** Reads the constants that a `.cfg` gives to TLC as the scope that the core explores. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { actionNames, type Constants, type Scope } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import { parseCfg } from "../tlc/cfg.js";
import { plain } from "./plain.js";
import { parseValue, type Tla } from "../tlc/values.js";

export const specDir = (): string => join(packageRoot(), "spec");

/** The scope of `spec/<name>`; a constant of the wrong shape is named with its file. */
export async function readScope(cfg: string, dir = specDir()): Promise<Scope> {
  const { file, constants } = await readCfg(cfg, dir);
  const wrong = (name: string, shape: string) =>
    new UserError(`${file}: ${name} is not ${shape}`, `Give ${name} a value of that shape.`);
  const setOf = (name: string, value: Tla | undefined): readonly Tla[] => {
    if (typeof value !== "object" || !("set" in value)) throw wrong(name, "a set");
    return value.set;
  };
  const members = (name: string) => setOf(name, constants[name]);
  const names = (name: string): string[] => members(name).map(String);
  const count = (name: string): number => {
    const value = constants[name];
    if (typeof value !== "number") throw wrong(name, "a number");
    return value;
  };
  const enabled = names("Enabled");
  const unknown = enabled.find((name) => !(actionNames as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new UserError(
      `${file}: Enabled names ${unknown}, and there is no such action.`,
      `Choose from: ${actionNames.join(", ")}.`,
    );
  return {
    jobs: names("Jobs"),
    lanes: names("Lanes"),
    queueSlots: count("QueueSlots"),
    claimSlots: count("ClaimSlots"),
    leaseSlots: count("LeaseSlots"),
    leases: members("Leases").map(Number),
    maxBatch: count("MaxBatch"),
    maxWait: count("MaxWait"),
    deadlines: members("Deadlines").map(Number),
    callbackWait: count("CallbackWait"),
    staleAfter: count("StaleAfter"),
    maxAttempts: count("MaxAttempts"),
    failedFloor: count("FailedFloor"),
    sameKey: members("SameKey").map((jobs) => setOf("SameKey", jobs).map(String)),
    maxSeq: count("MaxSeq"),
    enabled,
  };
}

/** The constants of a focused module's configuration, as plain data. */
export async function readConstants(cfg: string, dir = specDir()): Promise<Constants> {
  const { constants, overrides } = await readCfg(cfg, dir);
  const values = { ...constants, ...(await readOverrides(overrides, dir)) };
  return Object.fromEntries(Object.entries(values).map(([name, v]) => [name, plain(v)]));
}

/** Of what a configuration puts in the place of something else, whatever is a plain value. */
async function readOverrides(overrides: Readonly<Record<string, string>>, dir: string) {
  const values: Record<string, Tla> = {};
  if (Object.keys(overrides).length === 0) return values;
  const files = (await readdir(dir)).filter((file) => file.endsWith(".tla"));
  const texts = await Promise.all(files.map((file) => readFile(join(dir, file), "utf8")));
  for (const [name, operator] of Object.entries(overrides)) {
    const definition = new RegExp(`^${operator} ==\\s*(<<[^]*?>>)\\s*(?:^\\s*$|^[=-]{4})`, "m");
    const text = texts.map((t) => definition.exec(t)?.[1]).find((found) => found !== undefined);
    if (text !== undefined) values[name] = parseValue(text);
  }
  return values;
}

/** A configuration as TLC reads it, and the file that it is from. */
export async function readCfg(cfg: string, dir = specDir()) {
  const file = join(dir, cfg);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UserError(`cannot read ${file}`, "Name a .cfg of the spec folder.", { cause });
  });
  return { file, ...parseCfg(text, file) };
}
