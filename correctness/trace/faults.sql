-- What a recording adds to an installed schema: places at which a call is lost.

-- Called before each labelled statement. A transaction that was told to be lost there says that it
-- has come there, and ends its own session, or waits for the end of the server.
create or replace function ringproof.fault(p_label text) returns void
language plpgsql volatile as $$
declare
  v_meant text[] := string_to_array(current_setting('trace.fault', true), ' ');
begin
  if p_label = any (v_meant[2:]) then
    raise notice 'fault at %', p_label;
    if v_meant[1] = 'terminate' then perform pg_terminate_backend(pg_backend_pid()); end if;
    perform pg_sleep(60);
  end if;
end
$$;
