-- Registered folders that runs and agents are confined to.
create schema project;

create table project.projects (
  id uuid primary key,
  name text not null,
  description text not null,
  -- Absolute real path: no symbolic link in it when it was registered.
  folder text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index projects_name on project.projects (lower(name));
