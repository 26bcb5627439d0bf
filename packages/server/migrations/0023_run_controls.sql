-- Runs that are paused, retried, forked, limited in time and in number, and served by priority.

alter table pipeline.runs drop constraint runs_status_check;
alter table pipeline.runs add constraint runs_status_check
  check (status in ('pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'timed_out'));
drop index pipeline.runs_open;
create index runs_open on pipeline.runs (id) where status in ('pending', 'running', 'waiting', 'paused');

-- What its jobs are queued with; the higher goes first.
alter table pipeline.runs add column priority integer not null default 0;
alter table pipeline.runs add column timeout_seconds double precision;
-- Set while its clock runs; the job that ends it then.
alter table pipeline.runs add column deadline_at timestamptz;
alter table pipeline.runs add column deadline_job_id uuid;
alter table pipeline.runs add column paused_at timestamptz;
-- Runs of one group (a pipeline and a key) take turns; `pending` ones wait for theirs, in the order of their ids.
alter table pipeline.runs add column concurrency_key text;
alter table pipeline.runs add column concurrency_group text;
alter table pipeline.runs add column concurrency_limit integer;
alter table pipeline.runs add column retries integer not null default 0;
alter table pipeline.runs add column forked_from_run uuid;
alter table pipeline.runs add column forked_from_node text;
-- A trial of one node of its pipeline.
alter table pipeline.runs add column only_node text;
create index runs_by_group on pipeline.runs (concurrency_group, status, id)
  where concurrency_group is not null and status in ('pending', 'running', 'waiting', 'paused');
create index runs_by_fork on pipeline.runs (forked_from_run, id desc) where forked_from_run is not null;

-- What the node of a trial finds as `nodes`; null: what has run.
alter table pipeline.run_bodies add column scope jsonb;

-- It is due, and has no job until its run goes on or has its turn.
alter table pipeline.node_runs add column parked boolean not null default false;
-- Taken over from the run that this one was forked from.
alter table pipeline.node_runs add column copied boolean not null default false;
-- Failed tries and waits for a decision, oldest first, bounded by what writes it.
alter table pipeline.node_runs add column history jsonb not null default '[]';
create index node_runs_parked on pipeline.node_runs (run_id) where parked;
