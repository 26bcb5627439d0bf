-- How often each caller came in the present minute. Not logged: counting never waits for the disk, and after a crash of the
-- database it begins anew. Rows are updated again and again, so pages keep room for that beside them.
create schema rate;

create unlogged table rate.counts (
  key text primary key,
  points integer not null,
  -- Milliseconds since 1970.
  expire bigint
) with (fillfactor = 50);

-- Networks that an account (the hash of its e-mail) was signed in to from. Failures elsewhere do not lock it out there.
create table auth.known_networks (
  account text not null,
  network text not null,
  last_at timestamptz not null,
  primary key (account, network)
);

-- Whoever is no owner cannot send this server into private networks by the address of a provider.
alter table provider.providers add column address_by_owner boolean not null default true;
