/** Wrong variants of the SQL that are more than a word: what bugs.ts plants. */

import { changed } from "./changed-sql.js";
import type { SqlChange } from "./sql-mutant.js";

/** What `pending_in` says of an attempt at r, wherever its evidence is, batches left out. */
const evidenceElsewhere = (more: string) => `
    and not exists (
      select from ringproof.lease_claims c, unnest(c.job_ids, c.run_leases) as m (j, l)
      where m.j = r.job_id and m.l = r.run_lease + 1)
    and (r.job_id, r.run_lease + 1) not in (
      select job_id, run_lease from ringproof.lease_claim_closures
      union all select job_id, run_lease from ringproof.done_entries
      union all select job_id, run_lease from ringproof.deferred_jobs
      union all select job_id, run_lease from ringproof.dlq_entries${more})
`;

const evidenceHere = `
    and r.lane_seq > coalesce((
      select max(e.through_seq) from ringproof.attempt_evidence e
      where e.slot = p_slot and e.lane_id = p_lane_id), 0)
`;

const batchesToo = `
      union all select j, l
      from ringproof.receipt_completion_batches, unnest(job_ids, run_leases) as b (j, l)`;

const claimHead = `  --@ lock_claim_head
  select * into v_head from ringproof.lane_claim_heads h
  where h.lane_id = p_lane_id for update skip locked;
`;

/** Spent is what has evidence somewhere; that of compact batches is known or not. */
export const spentElsewhere = (batches: boolean): SqlChange =>
  changed("evidence", "pending_in", evidenceHere, evidenceElsewhere(batches ? batchesToo : ""));

/** The lane is locked once its rows are chosen, and they are not looked at again. */
export function lockedLate(): SqlChange {
  const { definition, sql } = changed(
    "claim",
    "hand_out",
    claimHead,
    "  select * into v_head from ringproof.lane_claim_heads h where h.lane_id = p_lane_id;\n",
  );
  const late = `  if v_seqs is null then return; end if;
  --@ lock_claim_head
  perform from ringproof.lane_claim_heads h where h.lane_id = p_lane_id for update;
`;
  return { definition, sql: sql.replace("  if v_seqs is null then return; end if;\n", late) };
}

/** Producers lock what claims lock, in another order. */
export const claimHeadsToo = (): SqlChange =>
  changed(
    "producers",
    "append_ready",
    "  --@ insert_ready\n",
    "  perform from ringproof.lane_claim_heads for update;\n  --@ insert_ready\n",
  );

/** Whoever waits for the receipts decides on what was there before. */
export function fusedFinish(): SqlChange {
  const unlocked = `array(
    select row(c.slot, c.lane_id, c.receipt_seq, c.ready_slot)::ringproof.receipt
    from ringproof.lease_claims c
    where (c.slot, c.lane_id, c.receipt_seq) in (
      select claim_slot, lane_id, receipt_seq from unnest(p_tokens)))`;
  const { definition, sql } = changed(
    "attempt",
    "find_open",
    "ringproof.lock_receipts(p_tokens)",
    unlocked,
  );
  const [decide, late] = [/begin\n  return ([^;]*);/, "perform ringproof.lock_receipts(p_tokens);"];
  const fused = `  v_found ringproof.attempt[] := $1;\nbegin\n  ${late}\n  return v_found;`;
  return { definition, sql: sql.replace(decide, fused) };
}
