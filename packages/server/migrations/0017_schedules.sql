-- Schedules, what they said at each time, and a receipt for every instant that they were expected to run at.
create schema schedule;

create table schedule.schedules (
  id uuid primary key,
  name text not null,
  description text not null,
  project_id uuid,
  -- `users/<id>` or `system/<name>`: whose it is.
  created_by text not null,
  owner_id uuid generated always as (
    case when created_by ~ '^users/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(created_by, 7)::uuid end
  ) stored,
  -- Of the latest version: lists read this table only.
  state text not null check (state in ('active', 'paused', 'ended')),
  spec jsonb not null,
  actor_id text not null,
  revision integer not null default 1,
  run_count integer not null default 0,
  -- Every instant before it has its receipt.
  accounted_until timestamptz not null,
  -- The first instant without a receipt, and when it is due. Null: none comes.
  next_instant timestamptz,
  next_at timestamptz,
  -- A clock has taken it up until then; saves others the work, decides nothing.
  claimed_until timestamptz,
  -- Up to here the watchdog has compared receipts with what was expected.
  watched_until timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
) with (fillfactor = 70);
create index schedules_due on schedule.schedules (next_at) where next_at is not null;
create index schedules_by_state on schedule.schedules (state, id desc);
create index schedules_of_events on schedule.schedules (id) where spec -> 'timing' ->> 'kind' = 'event' and state <> 'ended';

-- What a schedule said from an instant on, whether it was paused then, and for whom it acts.
create table schedule.schedule_specs (
  id uuid primary key,
  schedule_id uuid not null references schedule.schedules on delete cascade,
  valid_from timestamptz not null,
  state text not null check (state in ('active', 'paused', 'ended')),
  spec jsonb not null,
  actor_id text not null,
  -- What the API key of whoever changed it was confined to; null: to nothing.
  scopes text[]
);
create index specs_of_schedule on schedule.schedule_specs (schedule_id, valid_from desc, id desc);

create table schedule.receipts (
  id uuid primary key,
  schedule_id uuid not null references schedule.schedules on delete cascade,
  spec_id uuid not null,
  kind text not null check (kind in ('instant', 'event', 'manual')),
  -- The expected instant; of an event when it happened, of a manual run when it was asked for.
  at timestamptz not null,
  due_at timestamptz not null,
  event_cursor text,
  status text not null check (status in ('run', 'skipped', 'queued')),
  reason text,
  detail text,
  late_ms integer,
  outcome text check (outcome in ('running', 'retrying', 'completed', 'failed', 'cancelled')),
  attempt integer not null default 0,
  retry_at timestamptz,
  work_kind text check (work_kind in ('run', 'task', 'call', 'notification')),
  work_id uuid,
  actor_id text not null,
  scopes text[],
  ended_at timestamptz,
  created_at timestamptz not null
) with (fillfactor = 80);
-- One receipt an instant, and one an event, whoever else writes one at the same time.
create unique index receipts_of_instants on schedule.receipts (schedule_id, at) where kind = 'instant';
create unique index receipts_of_events on schedule.receipts (schedule_id, event_cursor) where kind = 'event';
create index receipts_by_time on schedule.receipts (schedule_id, at desc, id desc);
create index receipts_running on schedule.receipts (schedule_id, at) where outcome = 'running';
create index receipts_retrying on schedule.receipts (retry_at) where outcome = 'retrying';
create index receipts_queued on schedule.receipts (schedule_id, at) where status = 'queued';
create index receipts_by_work on schedule.receipts (work_id) where work_id is not null;
create index receipts_by_creation on schedule.receipts (created_at);

-- One row that says nothing: whoever fires shares it, whoever pauses or resumes everything has it alone.
create table schedule.scheduler (
  single boolean primary key default true check (single)
);
insert into schedule.scheduler default values;

-- One row: how far all clocks together are.
create table schedule.progress (
  single boolean primary key default true check (single),
  watched_at timestamptz,
  -- Where the next event for schedules of events is read; null: there are no such schedules.
  event_cursor text
);
insert into schedule.progress default values;

-- When the whole scheduler was paused. The one without an end lasts.
create table schedule.pauses (
  id uuid primary key,
  started_at timestamptz not null,
  started_by text not null,
  ended_at timestamptz
);
create unique index pauses_open on schedule.pauses ((true)) where ended_at is null;
create index pauses_ended on schedule.pauses (ended_at);

-- Problems that were told and are not over, so that each is told once.
create table schedule.alerts (
  schedule_id uuid not null references schedule.schedules on delete cascade,
  problem text not null,
  message text not null,
  opened_at timestamptz not null,
  primary key (schedule_id, problem)
);
