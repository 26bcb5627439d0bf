-- What a person must hear: rows in an inbox, read or not yet.
create schema notification;

create table notification.notifications (
  id uuid primary key,
  title text not null,
  body text not null,
  urgency text not null check (urgency in ('info', 'needs-person', 'failure')),
  link text,
  read_at timestamptz,
  created_at timestamptz not null
);
create index notifications_unread on notification.notifications (id) where read_at is null;
