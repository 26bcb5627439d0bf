-- Takes jobs that are due from their queue, of the highest priority first, each with the row that it is at. Functions, since a plan that
-- sorts is never the right one here and only a function can forbid it: there is an index in this order (pg-boss's i11), and a
-- statement that was planned while statistics knew nothing of the table read all that waits, and what had been taken, for each portion.
-- One for each queue: its name chooses the partition when the plan is made. The tables are pg-boss's, which makes them at its start.

create function job.take_quick(most integer, max_priority integer)
returns table (id uuid, "retryCount" integer, data jsonb)
language plpgsql
set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
as $$
#variable_conflict use_column
begin
  return query
  with next as (
    select j.ctid as place from pgboss.job j
     where j.name = 'quick' and j.state < 'active' and not j.blocked and j.start_after <= pgboss.job_now()
       and (max_priority is null or j.priority <= max_priority)
     order by j.priority desc, j.created_on limit most for update skip locked
  )
  update pgboss.job j
     set state = 'active', started_on = pgboss.job_now(), heartbeat_on = pgboss.job_now(),
         retry_count = case when j.started_on is not null then j.retry_count + 1 else j.retry_count end
    from next where j.ctid = next.place and j.name = 'quick'
  returning j.id, j.retry_count, j.data;
end
$$;

create function job.take_agents(most integer, max_priority integer)
returns table (id uuid, "retryCount" integer, data jsonb)
language plpgsql
set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
as $$
#variable_conflict use_column
begin
  return query
  with next as (
    select j.ctid as place from pgboss.job j
     where j.name = 'agents' and j.state < 'active' and not j.blocked and j.start_after <= pgboss.job_now()
       and (max_priority is null or j.priority <= max_priority)
     order by j.priority desc, j.created_on limit most for update skip locked
  )
  update pgboss.job j
     set state = 'active', started_on = pgboss.job_now(), heartbeat_on = pgboss.job_now(),
         retry_count = case when j.started_on is not null then j.retry_count + 1 else j.retry_count end
    from next where j.ctid = next.place and j.name = 'agents'
  returning j.id, j.retry_count, j.data;
end
$$;

create function job.take_exhausted(most integer, max_priority integer)
returns table (id uuid, "retryCount" integer, data jsonb)
language plpgsql
set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
as $$
#variable_conflict use_column
begin
  return query
  with next as (
    select j.ctid as place from pgboss.job j
     where j.name = 'exhausted' and j.state < 'active' and not j.blocked and j.start_after <= pgboss.job_now()
       and (max_priority is null or j.priority <= max_priority)
     order by j.priority desc, j.created_on limit most for update skip locked
  )
  update pgboss.job j
     set state = 'active', started_on = pgboss.job_now(), heartbeat_on = pgboss.job_now(),
         retry_count = case when j.started_on is not null then j.retry_count + 1 else j.retry_count end
    from next where j.ctid = next.place and j.name = 'exhausted'
  returning j.id, j.retry_count, j.data;
end
$$;
