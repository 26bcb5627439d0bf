-- Pipelines, their runs and the state of every node of a run.
create schema pipeline;

create table pipeline.pipelines (
  id uuid primary key,
  name text not null,
  description text not null,
  definition jsonb not null,
  node_count integer not null,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- Examples that ship and were loaded once, so that one that was removed stays removed.
create table pipeline.loaded_examples (
  name text primary key,
  loaded_at timestamptz not null
);

-- Narrow: lists read this table only.
create table pipeline.runs (
  id uuid primary key,
  pipeline_id uuid references pipeline.pipelines (id) on delete set null,
  pipeline_name text not null,
  project_id uuid,
  actor_id text not null,
  status text not null check (status in ('pending', 'running', 'waiting', 'completed', 'failed', 'cancelled', 'timed_out')),
  nodes_total integer not null,
  nodes_done integer not null default 0,
  -- Nodes that have not ended; the run ends when it reaches zero.
  open_nodes integer not null,
  -- Nodes that wait for a person's decision; the run is `waiting` while there are any.
  undecided_nodes integer not null default 0,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  cost_usd double precision,
  -- Of definition, input and project: finds the unfinished run that the same command began.
  fingerprint text,
  created_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz
) with (fillfactor = 50);
create index runs_by_pipeline on pipeline.runs (pipeline_id, id desc);
create index runs_by_status on pipeline.runs (status, id desc);
create index runs_open on pipeline.runs (id) where status in ('pending', 'running', 'waiting');
create index runs_ended on pipeline.runs (ended_at) where ended_at is not null;

create table pipeline.run_bodies (
  run_id uuid primary key references pipeline.runs (id) on delete cascade,
  definition jsonb not null,
  input jsonb not null,
  output jsonb,
  error jsonb
);

create table pipeline.node_runs (
  run_id uuid not null,
  node_id text not null,
  position integer not null,
  type text not null,
  name text not null,
  config jsonb not null,
  -- Where its edges lead, and under which branch of a condition (null: always).
  children text[] not null,
  child_when text[] not null,
  status text not null check (status in ('pending', 'running', 'waiting', 'completed', 'failed', 'skipped', 'cancelled', 'timed_out')),
  -- Edges into it whose source has not ended; it is ready at zero.
  waiting_for integer not null,
  -- Of those that arrived, the ones that were taken. None at all: it is skipped.
  live_parents integer not null default 0,
  -- The job that owns it; together with the attempt it fences a worker that is late.
  job_id uuid not null,
  attempt integer not null default 0,
  turn_id uuid,
  -- Written before an effect that must not be repeated unasked.
  intended_key text,
  -- A person's word on an effect that was cut off: 'repeat' or 'skip'.
  decision text,
  waiting_kind text check (waiting_kind in ('time', 'decision')),
  waiting_until timestamptz,
  question text,
  input jsonb,
  output jsonb,
  error jsonb,
  branch text,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  cost_usd double precision,
  started_at timestamptz,
  ended_at timestamptz,
  primary key (run_id, node_id)
) with (fillfactor = 80);
create index node_runs_by_turn on pipeline.node_runs (turn_id) where turn_id is not null;
