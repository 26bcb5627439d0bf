-- Model providers with their sealed keys, and what was used of them, by day.
create schema provider;

create table provider.providers (
  id uuid primary key,
  name text not null unique,
  kind text not null,
  base_url text,
  sealed_key text,
  key_hint text,
  built_in boolean not null default false,
  enabled boolean not null default true,
  -- What the owner lists: [{ id, price? }]. Null: the short list of the vendor.
  models jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

insert into provider.providers (id, name, kind, built_in, created_at, updated_at)
values ('01990000-0000-7000-8000-000000000001', 'offline', 'offline', true, now(), now());

-- One row a day and model, raised in the transaction that journals the call. Calls are listed in agent.steps.
create table provider.usage (
  day date not null,
  provider text not null,
  model text not null,
  calls bigint not null,
  -- Calls whose price was not known: then cost_usd is less than what was spent.
  unpriced_calls bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cost_usd double precision not null,
  primary key (day, provider, model)
);
