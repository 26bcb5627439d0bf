-- Versions of pipelines, what starts them without a person, and what makes a start happen once.

alter table pipeline.pipelines add column published_version integer not null default 1;

-- Never changed once written, but that an unpublished one may be published again under another number.
create table pipeline.versions (
  pipeline_id uuid not null references pipeline.pipelines (id) on delete cascade,
  version integer not null,
  definition jsonb not null,
  node_count integer not null,
  -- False: a draft that was put aside when an older version was brought back.
  is_published boolean not null,
  -- An older version took its place.
  is_rolled_back boolean not null default false,
  restores integer,
  note text not null default '',
  created_by text not null,
  created_at timestamptz not null,
  primary key (pipeline_id, version)
);

insert into pipeline.versions (pipeline_id, version, definition, node_count, is_published, created_by, created_at)
select id, version, definition || jsonb_build_object('name', name, 'description', description), node_count, true, 'system/migration', updated_at
from pipeline.pipelines;
update pipeline.pipelines set published_version = version;

create table pipeline.triggers (
  id uuid primary key,
  pipeline_id uuid not null references pipeline.pipelines (id) on delete cascade,
  kind text not null check (kind in ('webhook', 'event')),
  name text not null,
  enabled boolean not null,
  project_id uuid,
  -- Whose rights of the moment its runs have, confined to what their API key was.
  actor_id text not null,
  scopes text[],
  token_hash text,
  sealed_secret text,
  replay_window_seconds integer not null,
  event_types text[] not null default '{}',
  filter text not null default '',
  -- Events of this transaction and of earlier ones are none of its business.
  follows_from xid8 not null default pg_current_xact_id(),
  fired_count bigint not null default 0,
  last_fired_at timestamptz,
  refused_count bigint not null default 0,
  last_refused_at timestamptz,
  last_refusal text,
  created_at timestamptz not null
) with (fillfactor = 80);
create index triggers_by_pipeline on pipeline.triggers (pipeline_id, id);
create unique index triggers_by_token on pipeline.triggers (token_hash) where token_hash is not null;
create index triggers_of_events on pipeline.triggers (id) where kind = 'event' and enabled;

-- How far the events were looked at for triggers; without a row there never was a trigger that follows events.
create table pipeline.event_cursor (
  one boolean primary key default true check (one),
  cursor text not null
);

-- What may start a run once: the idempotency keys of a caller or webhook, the signatures that a webhook has seen, the
-- events that a trigger has taken. Written with the run; of two at once the second finds the first one's.
create table pipeline.start_keys (
  scope text not null,
  key text not null,
  fingerprint text not null,
  run_id uuid,
  at timestamptz not null,
  expires_at timestamptz not null,
  primary key (scope, key)
);
create index start_keys_expired on pipeline.start_keys (expires_at);

alter table pipeline.runs
  add column pipeline_version integer,
  add column trigger_id uuid,
  -- How many triggers of events led here, one after the other.
  add column cause_depth integer not null default 0;
