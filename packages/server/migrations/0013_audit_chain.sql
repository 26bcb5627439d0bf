-- The chain over the record of who did what: every entry, in the order of its commit, sealed by a hash that holds all
-- entries before it. Both tables are only ever added to.

-- Entries are written unchained, so that no transaction waits for another one; their place in the order of commits is
-- (xid, number), and a sealer stays below the oldest transaction that still runs.
alter table audit.entries
  add column xid xid8 not null default pg_current_xact_id(),
  add column number bigint not null generated always as identity;
create unique index entries_in_commit_order on audit.entries (xid, number);

create table audit.chain (
  position bigint primary key check (position > 0),
  entry_id uuid not null unique,
  -- Where the entry stands, kept here too: the end of the chain is known though the entry be gone.
  xid xid8 not null,
  number bigint not null,
  hash bytea not null check (octet_length(hash) = 32),
  sealed_at timestamptz not null
);

create or replace function audit.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'Audit entries are never changed or removed (% on audit.%).', tg_op, tg_table_name
    using errcode = 'restrict_violation';
end
$$;

create trigger chain_only_grows
  before update or delete or truncate on audit.chain
  for each statement execute function audit.refuse_change();

-- Lists go by (at, id), latest first, below each filter.
drop index audit.entries_by_action;
create index entries_by_time on audit.entries (at, id);
create index entries_by_action on audit.entries (action, at, id);
create index entries_by_actor on audit.entries (actor, at, id);
create index entries_by_object on audit.entries (object, at, id);
create index entries_by_result on audit.entries (result, at, id);
