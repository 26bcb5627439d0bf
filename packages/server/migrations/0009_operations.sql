-- What an owner changes while it runs. A setting without a row has its default.
create schema operation;

create table operation.settings (
  key text primary key,
  value jsonb not null,
  changed_at timestamptz not null,
  changed_by text not null
);
