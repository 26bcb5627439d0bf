-- Background runs: goals that an agent works on over many turns, and what people say to them meanwhile.
create schema task;

-- Narrow: lists read this table only.
create table task.tasks (
  id uuid primary key,
  title text not null,
  agent_id uuid not null,
  agent_name text not null,
  project_id uuid,
  -- `users/<id>` or `system/<name>`: with whose rights of the moment it acts.
  actor_id text not null,
  owner_id uuid generated always as (
    case when actor_id ~ '^users/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(actor_id, 7)::uuid end
  ) stored,
  -- What the API key that started it was confined to; null: all that its user may.
  scopes text[],
  status text not null
    check (status in ('pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'timed_out')),
  stop_reason text,
  -- It pauses where the step that runs has ended; only while `working`.
  pause_requested boolean not null default false,
  -- A worker has taken its turn up and not settled it.
  working boolean not null default false,
  progress integer,
  -- Number of the current turn, from 1.
  turns integer not null default 1,
  turn_id uuid not null,
  -- The job of the current turn; null: paused, waiting for a person, or ended.
  job_id uuid,
  -- Turns in a row in which the model could not be asked, and in which nothing new came.
  failures integer not null default 0,
  barren integer not null default 0,
  max_steps integer not null,
  max_seconds integer not null,
  max_tokens bigint not null,
  max_cost_usd double precision,
  -- Of turns that ended.
  steps integer not null default 0,
  active_ms bigint not null default 0,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  -- Null once a call had no known price.
  cost_usd double precision default 0,
  retry_at timestamptz,
  created_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz
) with (fillfactor = 70);
create index tasks_by_status on task.tasks (status, id desc);
create index tasks_by_agent on task.tasks (agent_id, id desc);
create index tasks_by_turn on task.tasks (turn_id);
create index tasks_open_of_project on task.tasks (project_id) where ended_at is null and project_id is not null;
create index tasks_ended on task.tasks (ended_at) where ended_at is not null;

create table task.bodies (
  task_id uuid primary key references task.tasks (id) on delete cascade,
  goal text not null,
  plan json not null default '[]',
  notes json not null default '[]',
  -- What the last turn said or did, in short.
  last_words text not null default '',
  -- What the current turn is asked, kept when it begins, so that a message that comes later is the next one's.
  turn_task text,
  -- Hashes of the calls whose results earlier turns have seen.
  seen json not null default '[]',
  question text,
  result text,
  detail text
);

create table task.messages (
  id uuid primary key,
  task_id uuid not null references task.tasks (id) on delete cascade,
  text text not null,
  actor_id text not null,
  -- Number of the turn that took it up.
  turn integer,
  created_at timestamptz not null
);
create index messages_of_task on task.messages (task_id, id);

-- The background run that a turn belongs to.
alter table agent.turns add column task_id uuid;
create index turns_of_task on agent.turns (task_id, id desc) where task_id is not null;
