-- Version 4: what is known of a receipt once it is locked.

create type ringproof.receipt as (
  slot        int,
  lane_id     int,
  receipt_seq bigint,
  ready_slot  int
);

-- To compress what is truncated soon costs more than to write it.
alter table ringproof.lease_claims
  alter column lane_seqs set storage external,
  alter column job_ids set storage external,
  alter column run_leases set storage external;
alter table ringproof.receipt_completion_batches
  alter column job_ids set storage external,
  alter column run_leases set storage external;
