-- Sessions of browsers and of programs, the tokens and keys that belong to them, and what is void before its time.

-- Names this installation in its tokens, so that those of another one are foreign.
create table auth.instance (
  id uuid not null default gen_random_uuid(),
  single boolean primary key default true check (single)
);
insert into auth.instance default values;

-- Set: this person cannot sign in.
alter table auth.users add column disabled_at timestamptz;

-- A session is a family: what is opened, refreshed and ended as one. Those of before had tokens of another form.
delete from auth.sessions;
alter table auth.sessions
  alter column token_hash drop not null,
  add column kind text not null check (kind in ('browser', 'program')),
  add column last_seen_at timestamptz not null,
  add column address text,
  add column user_agent text,
  -- The cookie of a browser; a program has refresh tokens.
  add constraint sessions_have_their_token check ((kind = 'browser') = (token_hash is not null));
create index sessions_by_use on auth.sessions (last_seen_at);

-- Each works once. A used one is kept until it expires: when it comes again, its session ends.
create table auth.refresh_tokens (
  token_hash text primary key,
  session_id uuid not null references auth.sessions on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz,
  -- Of the access token that was given out with it, for when the session ends before.
  access_jti_hash text not null,
  access_expires_at timestamptz not null
);
create index refresh_tokens_by_session on auth.refresh_tokens (session_id);
create index refresh_tokens_by_expiry on auth.refresh_tokens (expires_at);

create table auth.token_blacklist (
  jti_hash text primary key,
  expires_at timestamptz not null
);
create index token_blacklist_by_expiry on auth.token_blacklist (expires_at);

-- The newest signs until `signs_until`; it verifies until the last token that it signed has expired.
create table auth.signing_keys (
  kid text primary key,
  public_key text not null,
  sealed_private_key text not null,
  signs_until timestamptz not null,
  verifies_until timestamptz not null
);

create table auth.api_keys (
  id uuid primary key,
  user_id uuid not null references auth.users on delete cascade,
  name text not null,
  prefix text not null,
  key_hash text not null unique,
  -- Null: all that its user may.
  scopes text[],
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz
);
create index api_keys_by_user on auth.api_keys (user_id, id);
create index api_keys_by_expiry on auth.api_keys (expires_at);

alter table auth.socket_tickets
  add column api_key_id uuid references auth.api_keys on delete cascade,
  add constraint socket_tickets_have_one_source check (session_id is null or api_key_id is null);
create index socket_tickets_by_api_key on auth.socket_tickets (api_key_id);
create index socket_tickets_by_expiry on auth.socket_tickets (expires_at);

-- When a refused token was last written to the audit, by network and reason: a flood of them fills nothing.
create table auth.token_refusals (
  key text primary key,
  at timestamptz not null
);
create index token_refusals_by_time on auth.token_refusals (at);

-- Whoever ends a session or a key, or changes what a user may, in whatever way: every instance looks at its sockets.
create function auth.tell_credentials_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('gathering_credentials', '');
  return null;
end
$$;
create trigger sessions_tell_their_end after delete on auth.sessions
  for each row execute function auth.tell_credentials_changed();
create trigger api_keys_tell_their_end after delete on auth.api_keys
  for each row execute function auth.tell_credentials_changed();
create trigger users_tell_their_rights after update on auth.users
  for each row when (old.role is distinct from new.role or old.disabled_at is distinct from new.disabled_at)
  execute function auth.tell_credentials_changed();
