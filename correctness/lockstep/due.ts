/** Attempts that a rescue ends, by the ring in whose slots it looks for them. */

import {
  openReceipt,
  receiptOnly,
  staleReceipts,
  type Db,
  type Scope,
  type Slot,
  type Token,
} from "../../src/core/index.js";

type Due = (db: Db, scope: Scope) => readonly (Token & { readonly slot: Slot })[];

export const due = {
  RescueStaleReceipts: staleReceipts,
  RescueExpiredDeadlines: (db) => receiptOnly(db).filter((c) => c.left === 0),
  RescueStaleLeases: (db, { staleAfter }) => db.leases.filter((l) => l.beat === staleAfter),
  RescueExpiredLeaseDeadlines: (db) => db.leases.filter((l) => openReceipt(db, l)?.left === 0),
  RescueCallbackTimeouts: (db) => db.leases.filter((l) => l.state === "waiting" && l.left === 0),
} satisfies Readonly<Record<string, Due>>;

export type Rescue = keyof typeof due;

export const isRescue = (action: string): action is Rescue => action in due;
