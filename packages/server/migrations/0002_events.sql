-- Events: stored facts, written in the transaction of the change that they tell.
create schema event;

-- Read in the order of (xid, id). A reader stays below the oldest transaction that still runs, so that a transaction
-- that commits late is never passed over, though rows with higher ids were committed before.
create table event.events (
  id bigint generated always as identity,
  xid xid8 not null default pg_current_xact_id(),
  type text not null,
  subject text not null,
  related text[] not null,
  actor text,
  payload jsonb not null,
  at timestamptz not null,
  primary key (xid, id)
);
create index events_by_type on event.events (type, xid, id);
create index events_by_subject on event.events (subject, xid, id);

-- When a signal of the same type, subject and payload was stored last; its row lock makes concurrent ones wait.
create table event.signals (
  key text primary key,
  at timestamptz not null
);
