-- Users as people manage them: told apart by their address without regard to case, disabled, with a second factor;
-- and the one-time links by which they come in or come back. Tokens and codes are kept as hashes only.
alter table auth.users
  add column email_key text collate "C",
  add column name_key text collate "C";
update auth.users set email_key = lower(normalize(trim(email), NFKC)), name_key = lower(normalize(name, NFKC));
alter table auth.users
  alter column email_key set not null,
  alter column name_key set not null;
drop index auth.users_by_email;
create unique index users_by_email on auth.users (email_key);

-- Set up but not confirmed: not asked for yet. `last_step` is the time step of the last code that was taken.
create table auth.second_factors (
  user_id uuid primary key references auth.users on delete cascade,
  sealed_secret text not null,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  last_step bigint
);

-- A code that was used is gone.
create table auth.recovery_codes (
  user_id uuid not null references auth.second_factors on delete cascade,
  code_hash text not null,
  primary key (user_id, code_hash)
);

-- At most one for each user: a new one replaces it.
create table auth.reset_links (
  user_id uuid primary key references auth.users on delete cascade,
  token_hash text not null unique,
  made_by uuid references auth.users on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index reset_links_by_maker on auth.reset_links (made_by);

-- Goes with whoever invited: nobody leaves doors open behind them.
create table auth.invitations (
  id uuid primary key,
  email text not null,
  email_key text collate "C" not null unique,
  role text not null,
  token_hash text not null unique,
  invited_by uuid references auth.users on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index invitations_by_maker on auth.invitations (invited_by);
