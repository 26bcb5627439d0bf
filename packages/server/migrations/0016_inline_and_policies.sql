-- Nodes that the worker which made them ready runs at once, and what is done when one fails.

-- The queue whose slots its work needs; null: nobody runs it in place (control nodes, delays).
alter table pipeline.node_runs add column inline_queue text;
-- Retries, timeout and what an error does, as the definition says; null: none of them.
alter table pipeline.node_runs add column policy jsonb;
-- Tries that failed and were followed by another one.
alter table pipeline.node_runs add column tries integer not null default 0;
alter table pipeline.node_runs drop constraint node_runs_waiting_kind_check;
alter table pipeline.node_runs add constraint node_runs_waiting_kind_check check (waiting_kind in ('time', 'decision', 'retry'));
