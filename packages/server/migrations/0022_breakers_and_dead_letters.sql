-- Circuit breakers, shared by all instances, and jobs that failed for good.

create schema breaker;

-- A row from the first failure on; a target without one is closed. Half-open is `open` whose time is over: the next call is its
-- probe. Rows are updated again and again, so pages keep room for that beside them.
create table breaker.breakers (
  -- `vendor/<provider>`, `host/<name>:<port>` or `tool/<name>`.
  target text primary key check (length(target) <= 220),
  state text not null check (state in ('closed', 'open')),
  -- In a row, since the last success.
  failures integer not null,
  -- In a row: closed for a while, it begins anew.
  times_opened integer not null,
  last_error text not null,
  last_failed_at timestamptz not null,
  opened_at timestamptz,
  opens_until timestamptz,
  closed_at timestamptz,
  -- The one call that is let through when the time is over, until when it counts as under way.
  probe_id uuid,
  probe_until timestamptz,
  updated_at timestamptz not null,
  check ((state = 'open') = (opens_until is not null))
) with (fillfactor = 50);

create index breakers_by_update on breaker.breakers (updated_at desc, target desc);

create schema job;

create table job.dead_letters (
  id uuid primary key,
  queue text not null,
  job_id text not null,
  job text not null,
  -- Null: it was too large to be kept.
  payload jsonb,
  reason text not null,
  attempts integer not null,
  -- Null: the queue did not know any more.
  queued_at timestamptz,
  failed_at timestamptz not null,
  request_id text,
  -- What it was about, as `<kind>/<id>`, where its payload tells.
  subject text,
  state text not null default 'dead' check (state in ('dead', 'redriven', 'dismissed')),
  settled_at timestamptz,
  settled_by text,
  check ((state = 'dead') = (settled_at is null))
);

create index dead_letters_by_state on job.dead_letters (state, id desc);
create index dead_letters_by_job on job.dead_letters (job, id desc);
create index dead_letters_by_time on job.dead_letters (failed_at);
