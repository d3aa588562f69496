/**
 * A trace as one JSON bundle that other TLA+ tools open: Apalache's ITF, with what ringproof needs
 * to see it again under `#meta`.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { columns, envColumns, type State } from "../../src/core/index.js";
import { packageRoot } from "../../src/package-root.js";
import type { TraceStep } from "../explore/explorer.js";
import { formatCall } from "./calls.js";

/** Of every file of a folder with this ending, by name and content. */
function hashOf(folder: readonly string[], ending: string): string {
  const dir = join(packageRoot(), ...folder);
  const hash = createHash("sha256");
  const files = readdirSync(dir).filter((f) => f.endsWith(ending));
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(dir, file)));
  return hash.digest("hex");
}

const set = (members: readonly unknown[]) => ({ "#set": members });

function values({ db, env }: State) {
  const tables = Object.keys(columns) as (keyof typeof columns)[];
  const fields = Object.keys(envColumns) as (keyof State["env"])[];
  return {
    db: { ...db, ...Object.fromEntries(tables.map((t) => [t, set(db[t])])) },
    env: Object.fromEntries(fields.map((f) => [f, set(env[f])])),
  };
}

/** The trace; `meta` says where it comes from. */
export const itf = (trace: readonly TraceStep[], meta: Readonly<Record<string, unknown>>) => ({
  "#meta": {
    format: "ITF",
    "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
    spec: hashOf(["spec"], ".tla"),
    sql: hashOf(["src", "postgres", "sql"], ".sql"),
    ...meta,
  },
  vars: ["action", "db", "env"],
  states: trace.map(({ call, state }, index) => ({
    "#meta": { index },
    action: call ? formatCall(call) : "Init",
    ...values(state),
  })),
});
