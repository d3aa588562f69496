/**
 * The end of a recording: nothing new is produced, everything there is gets done, and time passes
 * until the rings are empty. One caller does it, by what the rows are.
 */

import { claimRingTables, NONE, queueRingTables, type Outcome } from "../../src/core/index.js";
import type { Cells, Header, RecordedCall } from "./history.js";
import type { Rows } from "./recorded-rows.js";

const MOST_ROUNDS = 200;
const BATCH = 50;

export interface Draining {
  readonly header: Header;
  readonly rows: Rows;
  readonly make: (call: RecordedCall) => Promise<Outcome>;
  /** Until `rows` are those that Postgres has. */
  readonly catchUp: () => Promise<void>;
  /** Lets a tick pass. */
  readonly pass: () => void;
}

const ringTables = [...queueRingTables, ...claimRingTables, "leases", "deferredJobs"];

const isDrained = (rows: Rows): boolean => ringTables.every((table) => rows.of(table).length === 0);

/** Whether it came to an end. */
export async function drain(draining: Draining): Promise<boolean> {
  const { rows, catchUp, pass } = draining;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    await catchUp();
    if (isDrained(rows)) return true;
    pass();
    for (const call of maintenance(draining)) await draining.make(call);
    for (const lane of draining.header.lanes) await workOff(draining, lane);
    for (const call of turns) await draining.make(call);
  }
  return false;
}

const jobOf = (cells: Cells): string => String(cells[0]);
const slots = (count: number): number[] => Array.from({ length: count }, (_, slot) => slot);

/** What workers forgot, and what waits. */
function maintenance({ header, rows }: Draining): readonly RecordedCall[] {
  const { claim, lease } = header.slots!;
  return [
    ...slots(claim).flatMap((slot): RecordedCall[] => [
      { action: "RescueStaleReceipts", args: { slot } },
      { action: "RescueExpiredDeadlines", args: { slot } },
    ]),
    ...slots(lease).flatMap((slot): RecordedCall[] => [
      { action: "RescueStaleLeases", args: { slot } },
      { action: "RescueExpiredLeaseDeadlines", args: { slot } },
      { action: "RescueCallbackTimeouts", args: { slot, wait: 0 } },
    ]),
    ...rows.of("deferredJobs").map((cells): RecordedCall => {
      return { action: "PromoteDeferred", args: { job: jobOf(cells) } };
    }),
  ];
}

async function workOff({ make }: Draining, lane: string): Promise<void> {
  for (;;) {
    const args = { lane, n: BATCH, deadline: NONE };
    const { tokens = [] } = await make({ action: "Claim", args });
    if (tokens.length === 0) break;
    await make({ action: "Complete", args: { tokens: [...tokens] } });
  }
  await make({ action: "AdvanceClaimCursor", args: { lane } });
}

const turns: readonly RecordedCall[] = (
  [
    ...["PruneQueue", "PruneClaims", "PruneLeases"],
    ...["RotateQueue", "RotateClaims", "RotateLeases"],
  ] as const
).map((action) => ({ action, args: {} }));
