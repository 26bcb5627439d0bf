-- Nodes that ended before this one in the same job, and that the run has not counted as done yet: it does when the job ends,
-- goes on by asking or is stopped. A chain would otherwise write the row of its run anew with each of its nodes.
alter table pipeline.node_runs add column uncounted integer not null default 0;
