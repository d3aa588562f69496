-- Terminal: an administrator removes the public fact that a job ended.

-- A terminal delete: while a receipt of that attempt still exists, it first gets an explicit
-- closure, or it would look open again.
-- @action DiscardTerminal
create or replace function ringproof.discard_terminal(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql as $$
declare
  v_tokens ringproof.token[];
  v_gone   bigint[];
begin
  --@ find_receipts
  select array_agg(row(f.job_id, f.run_lease, c.slot, c.lane_id, c.receipt_seq)::ringproof.token)
  into v_tokens
  from ringproof.compact_facts f
  join ringproof.lease_claims c using (lane_id, receipt_seq)
  where f.job_id = any (p_job_ids);
  perform ringproof.lock_receipts(v_tokens);
  --@ lock_done
  perform from ringproof.done_entries where job_id = any (p_job_ids)
  order by slot, job_id, run_lease for update;
  --@ close_orphans
  insert into ringproof.lease_claim_closures (slot, job_id, run_lease, outcome, closed_at)
  select r.slot, r.job_id, r.run_lease, 'terminalRemoved', p_now
  from ringproof.terminal_facts f
  join ringproof.unclosed_receipts r using (job_id, run_lease)
  where f.job_id = any (p_job_ids)
  order by r.slot, r.job_id, r.run_lease
  on conflict do nothing;
  --@ remove_facts
  with compact as (
    insert into ringproof.receipt_completion_tombstones (slot, job_id, run_lease)
    select slot, job_id, run_lease from ringproof.compact_facts where job_id = any (p_job_ids)
    order by slot, job_id, run_lease
    on conflict do nothing
    returning job_id),
  explicit as (
    delete from ringproof.done_entries where job_id = any (p_job_ids)
    returning job_id)
  select array_agg(job_id) into v_gone
  from (select job_id from compact union all select job_id from explicit) g;
  return ringproof.answers_for(p_job_ids, v_gone, 'discarded', 'notTerminal');
end
$$;
