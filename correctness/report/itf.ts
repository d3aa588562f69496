/**
 * A trace as one JSON value that other TLA+ tools open: Apalache's ITF, with what ringproof needs
 * to see it again under `#meta`. The bundle around it says which spec and SQL it was found on.
 */

import { columns, envColumns, type State } from "../../src/core/index.js";
import type { TraceStep } from "../explore/explorer.js";
import { formatCall } from "./calls.js";

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
    ...meta,
  },
  vars: ["action", "db", "env"],
  states: trace.map(({ call, state }, index) => ({
    "#meta": { index },
    action: call ? formatCall(call) : "Init",
    ...values(state),
  })),
});
