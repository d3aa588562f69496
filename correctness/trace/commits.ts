/** What the log says of each event: its place in the order of commits, and what it changed. */

import type { StoredChange, Transaction } from "./decode.js";
import type { Change } from "./history.js";
import type { Names } from "./names.js";
import type { Rows } from "./recorded-rows.js";
import { bodyOf, modelChanges } from "./stored.js";

export interface Committed {
  readonly commit: number;
  readonly changes: readonly Change[];
}

export class Commits {
  readonly rows: Rows;
  private readonly names: Names;
  private readonly events = new Map<number, Committed>();

  constructor(rows: Rows, names: Names) {
    this.rows = rows;
    this.names = names;
  }

  /** The next transaction in the order of commits. */
  add({ xid, messages, changes }: Transaction): void {
    const [message] = messages;
    if (message === undefined) {
      if (changes.length > 0) stranger(xid, changes);
      return;
    }
    const event = Number(message);
    if (this.events.has(event)) throw new Error(`event ${event} committed twice`);
    for (const { id, body } of changes.flatMap(bodies)) this.names.log(id, body);
    const made = changes.flatMap((change) => modelChanges(change, this.names));
    this.rows.apply(made);
    this.events.set(event, { commit: this.events.size, changes: made });
  }

  /** Null if it did not commit. */
  of(event: number): Committed | null {
    return this.events.get(event) ?? null;
  }
}

/** The bodies that come with the ids of their jobs. */
function bodies(change: StoredChange) {
  const { payload, job_id: id } = (change.kind === "row" ? change.after : null) ?? {};
  return payload && id ? [{ id, body: bodyOf(payload) }] : [];
}

function stranger(xid: string, changes: readonly StoredChange[]): never {
  const tables = changes.flatMap((c) => (c.kind === "row" ? [c.table] : c.tables));
  const what = [...new Set(tables)].join(", ");
  throw new Error(`somebody else wrote into the schema of the recording: ${what} (xid ${xid})`);
}
