-- Personas, agents, chats with their messages, and the journal of turns and steps.
create schema agent;

create table agent.personas (
  id uuid primary key,
  name text not null,
  role text not null,
  background text not null,
  traits text[] not null,
  communication_style text not null,
  specializations text[] not null,
  languages text[] not null,
  instructions text not null,
  built_in boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index personas_name on agent.personas (lower(name));
create index personas_by_name on agent.personas ((case when built_in then 0 else 1 end), lower(name), id);

create table agent.agents (
  id uuid primary key,
  handle text not null,
  name text not null,
  persona_id uuid not null references agent.personas (id),
  -- Both or none: none means the default model of Settings.
  provider text,
  model text,
  temperature double precision,
  max_output_tokens integer,
  skills text[] not null,
  limits jsonb not null,
  instructions text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((provider is null) = (model is null))
);
create unique index agents_handle on agent.agents (handle);
create index agents_by_name on agent.agents (lower(name), id);
create index agents_by_persona on agent.agents (persona_id);
create index agents_by_provider on agent.agents (provider) where provider is not null;

create table agent.chats (
  id uuid primary key,
  agent_id uuid not null references agent.agents (id) on delete cascade,
  project_id uuid references project.projects (id) on delete set null,
  title text not null,
  -- False until somebody named it or its first message did.
  titled boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index chats_by_agent on agent.chats (agent_id, updated_at desc, id desc);
create index chats_by_project on agent.chats (project_id) where project_id is not null;

-- One pass of an agent's loop, of a chat or of a pipeline's node; agents may go, what they did stays.
create table agent.turns (
  id uuid primary key,
  agent_id uuid not null,
  agent_name text not null,
  chat_id uuid references agent.chats (id) on delete cascade,
  run_id uuid,
  node_id text,
  project_id uuid,
  -- Of a node; in a chat the messages say it.
  task text,
  output_schema json,
  status text not null check (status in ('pending', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
  stop_reason text,
  detail text,
  -- Raised by whoever takes the turn up; a write of an earlier attempt is refused.
  attempt integer not null,
  job_id uuid,
  text text,
  data json,
  input_tokens bigint not null,
  output_tokens bigint not null,
  -- Null once a call had no known price.
  cost_usd double precision,
  created_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz
);
create unique index turns_one_open_of_chat on agent.turns (chat_id) where status in ('pending', 'running', 'waiting');
create index turns_of_chat on agent.turns (chat_id) where chat_id is not null;
create index turns_of_run on agent.turns (run_id) where run_id is not null;
create index turns_ended on agent.turns (ended_at) where chat_id is null and ended_at is not null;
create index turns_of_agent on agent.turns (agent_id, id desc);

-- The journal: a row before each call, one update after. `json`, not `jsonb`: the exact answer is kept.
create table agent.steps (
  turn_id uuid not null references agent.turns (id) on delete cascade,
  index integer not null,
  kind text not null check (kind in ('model', 'tool')),
  state text not null check (state in ('intended', 'done', 'failed', 'waiting')),
  tool text,
  call_id text,
  effect text,
  idempotency_key text,
  -- What a person decided about a call that was cut off, until it is acted on.
  decision text check (decision in ('repeat')),
  input json not null,
  output json,
  provider text,
  model text,
  input_tokens bigint,
  output_tokens bigint,
  cost_usd double precision,
  started_at timestamptz not null,
  ended_at timestamptz,
  primary key (turn_id, index)
);

create table agent.messages (
  id uuid primary key,
  chat_id uuid not null references agent.chats (id) on delete cascade,
  role text not null check (role in ('user', 'assistant')),
  text text not null,
  turn_id uuid,
  stop_reason text,
  tool_calls json not null,
  provider text,
  model text,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cost_usd double precision,
  created_at timestamptz not null
);
create index messages_of_chat on agent.messages (chat_id, id desc);
