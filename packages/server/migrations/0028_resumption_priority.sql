-- What goes on after an approval goes with the priority of what asked for it.
alter table approval.requests add column job_priority integer not null default 0;
