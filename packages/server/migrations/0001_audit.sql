-- The record of who did what. Rows are only ever added: the database itself refuses to change or remove one.
create schema audit;

create table audit.entries (
  id uuid primary key,
  at timestamptz not null,
  action text not null,
  actor text not null,
  address text,
  object text,
  result text not null check (result in ('done', 'refused', 'failed')),
  details jsonb not null,
  request_id text
);
create index entries_by_action on audit.entries (action, id);

create function audit.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'Audit entries are never changed or removed (% on audit.entries).', tg_op
    using errcode = 'restrict_violation';
end
$$;

create trigger entries_only_grow
  before update or delete or truncate on audit.entries
  for each statement execute function audit.refuse_change();
