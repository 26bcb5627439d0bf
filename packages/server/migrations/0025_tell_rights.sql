-- What decides who somebody is or what they may, by whatever hand it changes: every instance forgets what it remembered of it.
-- Ends of sessions and keys, and changes of users, are told on a channel of their own, at which sockets are looked at too.
create function auth.tell_rights_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('gathering_rights', '');
  return null;
end
$$;
create trigger members_tell_their_rights after insert or update or delete on project.members
  for each statement execute function auth.tell_rights_changed();
create trigger token_blacklist_tells_what_is_void after insert on auth.token_blacklist
  for each statement execute function auth.tell_rights_changed();
create trigger api_keys_tell_their_rights after update of user_id, key_hash, scopes, expires_at on auth.api_keys
  for each statement execute function auth.tell_rights_changed();
create trigger sessions_tell_their_rights after update of user_id, kind, token_hash, expires_at on auth.sessions
  for each statement execute function auth.tell_rights_changed();
