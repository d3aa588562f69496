-- The yardstick: one table, claimed by UPDATE under SKIP LOCKED, completed by DELETE.

create table jobs (
  job_id      bigint generated always as identity primary key,
  lane_id     int         not null,
  state       text        not null default 'ready',
  run_lease   int         not null default 0,
  payload     jsonb       not null,
  enqueued_at timestamptz not null,
  claimed_at  timestamptz
);
create index jobs_ready on jobs (lane_id, job_id) where state = 'ready';

create function enqueue(p_lane int, p_payloads jsonb[], p_now timestamptz) returns void
language plpgsql as $$
begin
  insert into jobs (lane_id, payload, enqueued_at)
    select p_lane, p.payload, p_now from unnest(p_payloads) p(payload);
end $$;

create function claim(p_lane int, p_limit int, p_now timestamptz)
returns table (job_id bigint, run_lease int, payload jsonb) language plpgsql as $$
begin
  return query
    update jobs j set state = 'running', run_lease = j.run_lease + 1, claimed_at = p_now
      from (select r.job_id from jobs r where r.lane_id = p_lane and r.state = 'ready'
             order by r.job_id limit p_limit for update skip locked) r
     where j.job_id = r.job_id
    returning j.job_id, j.run_lease, j.payload;
end $$;

create function complete_fast(
  p_job_ids bigint[], p_run_leases int[], p_now timestamptz, p_mutex text
) returns table (job_id bigint, run_lease int) language plpgsql as $$
begin
  return query
    delete from jobs j using unnest(p_job_ids, p_run_leases) t(job_id, run_lease)
     where j.job_id = t.job_id and j.run_lease = t.run_lease and j.state = 'running'
    returning j.job_id, j.run_lease;
end $$;
