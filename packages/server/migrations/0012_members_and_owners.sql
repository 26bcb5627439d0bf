-- Who may see what: members of projects, and the owners of chats, turns, runs, notifications and events.
create table project.members (
  project_id uuid not null references project.projects on delete cascade,
  user_id uuid not null references auth.users on delete cascade,
  added_at timestamptz not null,
  -- `users/<id>` or `system/<name>`.
  added_by text not null,
  primary key (project_id, user_id)
);
create index members_by_user on project.members (user_id);
-- Until now everybody saw every project.
insert into project.members (project_id, user_id, added_at, added_by)
select project.id, account.id, now(), 'system/migration' from project.projects as project cross join auth.users as account;

-- The rule of `ctx.may` on objects, for lists. A row of a person is theirs, one of a project its members'; one that is
-- for operators is theirs too, and theirs alone where nobody owns it; the rest is everybody's. No reader: the system.
create function auth.may_see(
  owner_id uuid, project_id uuid, for_operators boolean, reader uuid, projects uuid[], is_operator boolean
) returns boolean language sql immutable parallel safe as $$
  select reader is null or (for_operators and is_operator) or case
    when owner_id is not null then owner_id = reader
    when for_operators then false
    else project_id is null or projects is null or project_id = any(projects)
  end
$$;

-- Null: the system's own. Those that are there already are the first owner's, who alone could sign in.
alter table agent.chats add column user_id uuid references auth.users on delete cascade;
update agent.chats set user_id = (select id from auth.users where role = 'owner' order by created_at, id limit 1);
create index chats_of_user on agent.chats (user_id, agent_id, updated_at desc, id desc);

-- Who set the agent to work, and what their API key was confined to (null: all that they may).
alter table agent.turns add column actor_id text;
alter table agent.turns add column scopes text[];
update agent.turns as turn set actor_id = 'users/' || chat.user_id from agent.chats as chat
where chat.id = turn.chat_id and chat.user_id is not null;
update agent.turns as turn set actor_id = run.actor_id from pipeline.runs as run where run.id = turn.run_id;
update agent.turns set actor_id = 'system/unknown' where actor_id is null;
alter table agent.turns alter column actor_id set not null;

alter table pipeline.runs add column owner_id uuid generated always as (
  case when actor_id ~ '^users/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(actor_id, 7)::uuid end
) stored;
alter table pipeline.runs add column scopes text[];

-- Null: for operators and above. Each reader has read it or not.
alter table notification.notifications add column user_id uuid references auth.users on delete cascade;
create index notifications_of_user on notification.notifications (user_id, id desc);
create table notification.reads (
  notification_id uuid not null references notification.notifications on delete cascade,
  user_id uuid not null references auth.users on delete cascade,
  read_at timestamptz not null,
  primary key (notification_id, user_id)
);
create index reads_by_user on notification.reads (user_id);
insert into notification.reads (notification_id, user_id, read_at)
select told.id, account.id, told.read_at from notification.notifications as told cross join auth.users as account
where told.read_at is not null and account.role in ('operator', 'admin', 'owner');
drop index notification.notifications_unread;
alter table notification.notifications drop column read_at;

-- Who may read the event, by the same rule. None of the three: everybody who may read events.
alter table event.events add column owner_id uuid;
alter table event.events add column project_id uuid;
alter table event.events add column for_operators boolean not null default false;
update event.events as told
set owner_id = case when run.project_id is null then run.owner_id end, project_id = run.project_id,
  for_operators = run.project_id is null
from pipeline.runs as run
where told.type like any(array['pipelines.run-%', 'pipelines.node-%', 'agents.turn-%', 'agents.step-%'])
  and array['runs/' || run.id] <@ (told.related || told.subject);
update event.events set for_operators = true
where project_id is null and type like any(array['pipelines.run-%', 'pipelines.node-%', 'notifications.%', 'auth.%']);
update event.events set project_id = substr(subject, 10)::uuid
where type like 'projects.%' and subject ~ '^projects/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
update event.events set owner_id = (select id from auth.users where role = 'owner' order by created_at, id limit 1)
where owner_id is null and project_id is null and not for_operators
  and type like any(array['agents.chat-%', 'agents.message-%', 'agents.turn-%', 'agents.step-%']);
