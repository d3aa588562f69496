-- Version 3: nobody can store what is in the way of others. Rows of older versions stay.

-- The name of a queue is part of the keys of counts, which maintenance writes, and an index of
-- Postgres takes no longer one.
alter table ringproof.lanes
  add constraint lanes_queue_bytes check (octet_length(queue) <= 1000) not valid;

-- How long a job has waited decides between lanes; from infinity on it is no length of time.
alter table ringproof.ready_entries
  add constraint ready_entries_enqueued_at_finite check (isfinite(enqueued_at)) not valid;
