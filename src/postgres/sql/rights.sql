-- Nothing is for everybody. An operation is SECURITY DEFINER: a role that may call it needs no
-- right to what it does, and gets none. The search path of an operation is its own, or else a
-- caller's functions and operators would run with the rights of the owner; temporary types and
-- tables come first wherever pg_temp is not named. What operations call is left to the owner.
revoke all on schema ringproof from public;
revoke all on all tables in schema ringproof from public;
revoke all on all sequences in schema ringproof from public;
revoke all on all routines in schema ringproof from public;

-- Whoever may use a type can make columns of it, which are in the way of a later version. An array
-- has the rights of its elements.
do $$
declare
  v_type regtype;
begin
  for v_type in
    select t.oid from pg_type t
    where t.typelem = 0
      and t.typnamespace = (
        select relnamespace from pg_class where oid = 'ringproof.meta'::regclass)
      and exists (
        select from aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) where grantee = 0)
  loop
    execute format('revoke all on type %s from public', v_type);
  end loop;
end
$$;
