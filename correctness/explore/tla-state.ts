/** A state as TLC prints it and as the core has it, either way round. */

import {
  columns,
  envColumns,
  tableNames,
  type Db,
  type Env,
  type LaneHead,
  type Ring,
  type State,
} from "../../src/core/index.js";
import { parseState, type Tla } from "../tlc/values.js";

type Fields = Readonly<Record<string, Tla>>;

/** A record, or a function of strings, which TLC prints either way. */
function fields(value: Tla | undefined): Fields {
  if (typeof value === "object" && "rec" in value) return value.rec;
  if (typeof value === "object" && "fn" in value)
    return Object.fromEntries(value.fn.map(([name, image]) => [String(name), image]));
  throw new Error(`not a record: ${JSON.stringify(value)}`);
}

function members(value: Tla | undefined): readonly Tla[] {
  if (typeof value === "object" && "set" in value) return value.set;
  throw new Error(`not a set: ${JSON.stringify(value)}`);
}

/** The rows of a set of records, their columns in the core's order. */
const rows = (value: Tla | undefined, names: readonly string[]): object[] =>
  members(value).map((row) => {
    const cells = fields(row);
    return Object.fromEntries(names.map((name) => [name, cells[name]]));
  });

function readDb(db: Fields): Db {
  const rings = fields(db["rings"]);
  const ring = (name: string) => fields(rings[name]) as unknown as Ring;
  const heads = Object.entries(fields(db["laneHeads"])).map(([lane, head]) => [lane, fields(head)]);
  const tables = tableNames.map((t) => [t, rows(db[t], columns[t])]);
  return {
    rings: { queue: ring("queue"), claim: ring("claim"), lease: ring("lease") },
    laneHeads: Object.fromEntries(heads) as Record<string, LaneHead>,
    ...Object.fromEntries(tables),
  } as Db;
}

const readEnv = (env: Fields): Env =>
  Object.fromEntries(
    Object.entries(envColumns).map(([field, names]) => [
      field,
      names ? rows(env[field], names) : members(env[field]),
    ]),
  ) as unknown as Env;

export function readTlaState(text: string): State {
  const state = parseState(text);
  return { db: readDb(fields(state["db"])), env: readEnv(fields(state["env"])) };
}

const record = (row: object, names: readonly string[] = Object.keys(row)): Tla => ({
  rec: Object.fromEntries(names.map((name) => [name, (row as Fields)[name]!])),
});

const rowSet = (list: readonly object[], names: readonly string[]): Tla => ({
  set: list.map((row) => record(row, names)),
});

/** The values of the spec's variables in this state. */
export function toTla({ db, env }: State): Record<"db" | "env", Tla> {
  const heads = Object.entries(db.laneHeads).map(([lane, h]): [Tla, Tla] => [lane, record(h)]);
  const rings = Object.entries(db.rings).map(([name, ring]) => [name, record(ring)] as const);
  const tables = tableNames.map((t) => [t, rowSet(db[t], columns[t])] as const);
  const known = Object.entries(envColumns).map(([field, names]) => {
    const list = env[field as keyof Env];
    return [field, names ? rowSet(list as readonly object[], names) : { set: [...list] }] as const;
  });
  return {
    db: {
      rec: {
        rings: { rec: Object.fromEntries(rings) },
        laneHeads: { fn: heads },
        ...Object.fromEntries(tables),
      },
    },
    env: { rec: Object.fromEntries(known) as Record<string, Tla> },
  };
}
