-- Who may come in: users, their sessions, and the one-time keys to both. Tokens are kept as hashes only.
create schema auth;

create table auth.users (
  id uuid primary key,
  email text not null,
  name text not null,
  role text not null,
  password_hash text not null,
  created_at timestamptz not null
);
create unique index users_by_email on auth.users (lower(email));

create table auth.sessions (
  id uuid primary key,
  user_id uuid not null references auth.users on delete cascade,
  token_hash text not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index sessions_by_user on auth.sessions (user_id);
create index sessions_by_expiry on auth.sessions (expires_at);

-- At most one: each start without an owner replaces it.
create table auth.setup_links (
  token_hash text primary key,
  created_at timestamptz not null
);

-- Without a session: of a command of the program on this machine, which has none.
create table auth.socket_tickets (
  token_hash text primary key,
  session_id uuid references auth.sessions on delete cascade,
  expires_at timestamptz not null
);
create index socket_tickets_by_session on auth.socket_tickets (session_id);

-- Attempts that have not succeeded, by account (the hash of what was typed as e-mail) and by network address.
create table auth.sign_in_failures (
  key text primary key,
  failures integer not null,
  last_at timestamptz not null,
  locked_until timestamptz
);
create index sign_in_failures_by_time on auth.sign_in_failures (last_at);
