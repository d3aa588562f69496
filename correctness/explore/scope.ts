/** Reads the constants that a `.cfg` gives to TLC as the scope that the core explores. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Scope } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import { parseCfg } from "../tlc/cfg.js";
import type { Tla } from "../tlc/values.js";

export const specDir = (): string => join(packageRoot(), "spec");

/** The scope of `spec/<name>`; a constant of the wrong shape is named with its file. */
export async function readScope(cfg: string): Promise<Scope> {
  const file = join(specDir(), cfg);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UserError(`cannot read ${file}`, "Name a .cfg of the spec folder.", { cause });
  });
  const { constants } = parseCfg(text, file);
  const wrong = (name: string, shape: string) =>
    new UserError(`${file}: ${name} is not ${shape}`, `Give ${name} a value of that shape.`);
  const members = (name: string): readonly Tla[] => {
    const value = constants[name];
    if (typeof value !== "object" || !("set" in value)) throw wrong(name, "a set");
    return value.set;
  };
  const names = (name: string): string[] => members(name).map(String);
  const count = (name: string): number => {
    const value = constants[name];
    if (typeof value !== "number") throw wrong(name, "a number");
    return value;
  };
  return {
    jobs: names("Jobs"),
    lanes: names("Lanes"),
    queueSlots: count("QueueSlots"),
    claimSlots: count("ClaimSlots"),
    leases: members("Leases").map(Number),
    maxBatch: count("MaxBatch"),
    maxWait: count("MaxWait"),
    staleAfter: count("StaleAfter"),
    off: names("Off"),
  };
}
