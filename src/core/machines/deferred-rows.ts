/** Rows of the deferred design, and what readers and guards derive from them. */

export interface DeferredConstants {
  readonly Jobs: readonly string[];
  readonly QueueSlots: number;
  readonly ClaimSlots: number;
}

export interface Ring {
  readonly cur: number;
  readonly init: number;
}

export interface JobRow {
  readonly slot: number;
  readonly job: string;
}

export interface Receipt extends JobRow {
  /** The queue slot of the ready row. */
  readonly ready: number;
}

export interface Closure extends JobRow {
  readonly outcome: string;
}

export interface Tables {
  readonly readyEntries: readonly JobRow[];
  readonly attemptEvidence: readonly JobRow[];
  readonly leaseClaims: readonly Receipt[];
  readonly leaseClaimClosures: readonly Closure[];
  readonly doneEntries: readonly JobRow[];
}

export interface DeferredDb extends Tables {
  readonly rings: { readonly queue: Ring; readonly claim: Ring };
}

/** The last that happened to a job, in the order of its life. */
export type Stage = "absent" | "pending" | "running" | "finished" | "materialised" | "forgotten";

export interface DeferredState {
  readonly db: DeferredDb;
  readonly history: Readonly<Record<string, Stage>>;
}

export const queueTables = ["readyEntries", "attemptEvidence", "doneEntries"] as const;
export const claimTables = ["leaseClaims", "leaseClaimClosures"] as const;
export type Table = keyof Tables;

export const about = (rows: readonly JobRow[], job: string): boolean =>
  rows.some((r) => r.job === job);
export const has = (rows: readonly JobRow[], slot: number, job: string): boolean =>
  rows.some((r) => r.slot === slot && r.job === job);

export const nextSlot = ({ cur }: Ring, size: number): number => (cur + 1) % size;
export const oldestSlot = ({ cur, init }: Ring, size: number): number =>
  (cur + size - (init - 1)) % size;

export const slotEmpty = (db: DeferredDb, tables: readonly Table[], slot: number): boolean =>
  tables.every((t) => db[t].every((r) => r.slot !== slot));

export function truncated(db: DeferredDb, tables: readonly Table[], slot: number): DeferredDb {
  const rest = tables.map((t) => [t, db[t].filter((r) => r.slot !== slot)]);
  return { ...db, ...Object.fromEntries(rest) };
}

export const pending = (db: DeferredDb): readonly JobRow[] =>
  db.readyEntries.filter((r) => !has(db.attemptEvidence, r.slot, r.job));

export const openReceipts = (db: DeferredDb): readonly Receipt[] =>
  db.leaseClaims.filter((c) => !about(db.leaseClaimClosures, c.job));

/** Receipts that join with a closure and a body, and have no terminal row yet. */
export const unmaterialised = (db: DeferredDb): readonly Receipt[] =>
  db.leaseClaims.filter((c) => {
    const closures = db.leaseClaimClosures.filter((x) => x.job === c.job);
    return (
      closures.length > 0 &&
      closures.every((x) => x.outcome === "completed") &&
      has(db.readyEntries, c.ready, c.job) &&
      !about(db.doneEntries, c.job)
    );
  });

/** What a reader shows as finished: terminal rows, and closures that no pass has reached. */
export const shown = (db: DeferredDb): ReadonlySet<string> =>
  new Set([...db.doneEntries, ...unmaterialised(db)].map((r) => r.job));
