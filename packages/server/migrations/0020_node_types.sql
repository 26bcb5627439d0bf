-- Node types that steer a run: joins of some of many, approvals, sub-runs, lists, waits for events and calls.

-- How many of its parents a join needs; null: all that were not skipped.
alter table pipeline.node_runs add column needs integer;
alter table pipeline.node_runs drop constraint node_runs_waiting_kind_check;
alter table pipeline.node_runs add constraint node_runs_waiting_kind_check
  check (waiting_kind in ('time', 'decision', 'retry', 'approval', 'runs', 'event', 'signal'));

-- Of a sub-run: the node that began it, the item of its list (null: it has none), and the job that goes on with the node.
alter table pipeline.runs
  add column parent_run_id uuid,
  add column parent_node_id text,
  add column parent_item integer,
  add column parent_job_id uuid,
  -- The run at the top, and how many stand between.
  add column root_run_id uuid,
  add column depth integer not null default 0;
create index runs_by_parent on pipeline.runs (parent_run_id, parent_node_id, id desc) where parent_run_id is not null;
create index runs_by_root on pipeline.runs (root_run_id) where root_run_id is not null;

-- One row for each node that works on a list, with the definition that all its sub-runs are pinned to.
create table pipeline.maps (
  run_id uuid not null references pipeline.runs (id) on delete cascade,
  node_id text not null,
  -- The job that goes on with the node once its items have ended; another attempt of the node has another one.
  job_id uuid not null,
  pipeline_id uuid,
  definition jsonb not null,
  -- The node of a sub-run whose output is the item's; null: the output of the whole sub-run.
  output_of text,
  concurrency integer not null,
  stops_at_failure boolean not null,
  -- Set with the job that goes on with the node.
  is_done boolean not null default false,
  primary key (run_id, node_id)
);

create table pipeline.map_items (
  run_id uuid not null,
  node_id text not null,
  position integer not null,
  input jsonb not null,
  status text not null check (status in ('pending', 'running', 'completed', 'failed')),
  sub_run_id uuid,
  output jsonb,
  error jsonb,
  primary key (run_id, node_id, position),
  foreign key (run_id, node_id) references pipeline.maps (run_id, node_id) on delete cascade
);
create index map_items_open on pipeline.map_items (run_id, node_id, position) where status in ('pending', 'running');

-- A node that waits for an event or a call. The job goes on with it, whichever comes first: what it waits for, or its end.
create table pipeline.waits (
  job_id uuid primary key,
  run_id uuid not null references pipeline.runs (id) on delete cascade,
  node_id text not null,
  kind text not null check (kind in ('event', 'signal')),
  event_type text,
  match text,
  key jsonb,
  -- Events at or before this position are not looked at.
  since_xid xid8,
  since_id bigint,
  status text not null check (status in ('open', 'arrived', 'timed_out', 'closed')),
  payload jsonb,
  timeout_job_id uuid,
  created_at timestamptz not null
);
create index waits_of_run on pipeline.waits (run_id, node_id);
create index waits_for_events on pipeline.waits (job_id) where status = 'open' and kind = 'event';
create index waits_for_signals on pipeline.waits (key) where status = 'open' and kind = 'signal';

-- How far events were compared with what is waited for. One row: whoever moves it has compared them.
create table pipeline.event_position (
  only_one boolean primary key default true check (only_one),
  xid xid8 not null,
  id bigint not null
);
insert into pipeline.event_position (xid, id) values ('0', 0);

-- Decisions that wait for a person.
create schema approval;

create table approval.requests (
  id uuid primary key,
  -- What asks: `runs/<id>`, the node in it, and in words.
  subject text not null,
  place text not null,
  source text not null,
  title text not null,
  body text not null,
  arguments jsonb,
  -- Over what was shown; each vote names it.
  shown text not null,
  requested_by text not null,
  -- Who sees what asks, by the rule of auth.may_see.
  owner_id uuid,
  project_id uuid,
  -- Who may decide: roles and people; both null: whoever sees what asks.
  roles text[],
  user_ids uuid[],
  excluded_id uuid,
  quorum integer not null,
  approvals integer not null default 0,
  state text not null check (state in ('open', 'approved', 'rejected', 'expired', 'withdrawn')),
  expires_at timestamptz,
  created_at timestamptz not null,
  decided_at timestamptz,
  -- The job that goes on once it is decided, and the one that ends it at its time.
  job_name text not null,
  job_id uuid not null unique,
  job_payload jsonb not null,
  expiry_job_id uuid,
  notification_ids uuid[] not null default '{}'
);
create index requests_of_subject on approval.requests (subject, id desc);
create index requests_open on approval.requests (id desc) where state = 'open';
create index requests_decided on approval.requests (decided_at) where decided_at is not null;

create table approval.votes (
  request_id uuid not null references approval.requests (id) on delete cascade,
  user_id uuid not null,
  decision text not null check (decision in ('approve', 'reject')),
  comment text not null,
  shown text not null,
  voted_at timestamptz not null,
  primary key (request_id, user_id)
);
