// The users of this server, for owners and admins: who there is, who is invited, and what each may do.
import type { User } from '@gathering/contract/auth';
import { deleteUserRoute, listUsersRoute } from '@gathering/contract/auth-users';
import { type Role, roles } from '@gathering/contract/permissions';
import { UserPlus, Users } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useAddress } from '../../lib/address.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, usePages } from '../../lib/query.ts';
import { currentUser } from '../../lib/session.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { Input } from '../../ui/input.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateBadge, Tag } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { OpenInvitations } from './open-invitations.tsx';
import { roleWords } from './role-words.ts';
import { UserDialog } from './user-dialog.tsx';

/** How long a person pauses before what they typed is searched for. */
const pauseMs = 250;

function SearchField({ value, onChange }: { readonly value: string; readonly onChange: (next: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (typed.trim() === value) return undefined;
    const timer = setTimeout(() => onChange(typed.trim()), pauseMs);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <Input
      type="search"
      aria-label="Search users"
      placeholder="E-mail or name"
      maxLength={100}
      className="!h-7 !w-56"
      value={typed}
      onChange={({ target }) => setTyped(target.value)}
    />
  );
}

function DeleteUser({
  user,
  onClose,
  onDone,
}: {
  readonly user: User;
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const remove = useAct(deleteUserRoute, { refreshes: ['auth.list-users'], onDone });
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Delete ${user.name}?`}
      consequence={`The account of ${user.email} goes for good, with its sessions, keys and chats. What it did stays in the audit record.`}
      verb="Delete user"
      name={user.name}
      busy={remove.isPending}
      fault={remove.error && <ErrorBox error={remove.error} />}
      onConfirm={() => remove.mutate({ params: { id: user.id } })}
    />
  );
}

function listColumns(me: User, onManage: (user: User) => void): readonly Column<User>[] {
  return [
    {
      name: 'Name',
      width: 'minmax(160px,1fr)',
      show: (user) => (
        <>
          <span className="font-medium">{user.name}</span>
          {user.id === me.id && <span className="ml-2 text-xs text-ink-3">you</span>}
        </>
      ),
    },
    { name: 'E-mail', width: 'minmax(200px,1.2fr)', show: (user) => <span className="text-ink-2">{user.email}</span> },
    { name: 'Role', width: '88px', show: (user) => <Tag>{roleWords[user.role].name}</Tag> },
    {
      name: 'Second factor',
      width: '96px',
      show: (user) => <span className="text-ink-2">{user.secondFactor ? 'On' : 'Off'}</span>,
    },
    {
      name: 'State',
      width: '96px',
      show: (user) => <StateBadge state={user.disabledAt === null ? 'enabled' : 'disabled'} />,
    },
    { name: 'Since', width: '104px', align: 'right', show: (user) => <Ago at={user.createdAt} /> },
    {
      name: ' manage',
      width: '76px',
      show: (user) => (
        <Button look="quiet" className="!h-7" aria-label={`Manage ${user.name}`} onClick={() => onManage(user)}>
          Manage
        </Button>
      ),
    },
  ];
}

export function UsersPage() {
  const me = currentUser();
  const may = useMay();
  if (me === null || !may('users.read')) {
    return (
      <Page title="Users">
        <EmptyState icon={Users} title="For owners and admins">
          Your role does not manage users. Ask an owner or admin if somebody is missing.
        </EmptyState>
      </Page>
    );
  }
  return <UserList me={me} />;
}

function UserList({ me }: { readonly me: User }) {
  const [search, setSearch] = useAddress('search');
  const [role, setRole] = useAddress('role');
  const [isInviting, setInviting] = useAddress('invite');
  const [opened, setOpened] = useState<User | null>(null);
  const [deleting, setDeleting] = useState<User | null>(null);
  const chosenRole = roles.find((one) => one === role);
  const users = usePages(listUsersRoute, { query: { role: chosenRole, search: search ?? undefined } });
  // As the list has it now, so that a change shows; another search does not close the dialog.
  const managed = users.items.find(({ id }) => id === opened?.id) ?? opened;
  const invite = (
    <Button look="primary" icon={UserPlus} onClick={() => setInviting('1')}>
      Invite
    </Button>
  );
  return (
    <Page
      title="Users"
      lead="Who may come in, and what they may do."
      fixed
      actions={invite}
      filters={
        <>
          <SearchField value={search ?? ''} onChange={(next) => setSearch(next === '' ? null : next)} />
          <FilterChip
            name="Role"
            value={role}
            onChange={setRole}
            options={roles.map((one: Role) => ({ value: one, label: roleWords[one].name }))}
          />
        </>
      }
    >
      <OpenInvitations />
      {users.isPending && <SkeletonRows />}
      {users.error && !users.data && <PageError error={users.error} onRetry={() => void users.refetch()} />}
      {users.data && users.items.length === 0 && (
        <EmptyState icon={Users} title="Nobody" action={invite}>
          Nobody fits this search.
        </EmptyState>
      )}
      {users.items.length > 0 && (
        <List
          label="Users"
          items={users.items}
          columns={listColumns(me, setOpened)}
          keyOf={({ id }) => id}
          isFaint={({ disabledAt }) => disabledAt !== null}
          hasMore={users.hasNextPage}
          isLoadingMore={users.isFetchingNextPage}
          onMore={() => void users.fetchNextPage()}
        />
      )}
      {isInviting !== null && <InviteDialog ownRole={me.role} onClose={() => setInviting(null)} />}
      {managed && deleting === null && (
        <UserDialog
          key={managed.id}
          user={managed}
          me={me}
          onClose={() => setOpened(null)}
          onDelete={() => setDeleting(managed)}
        />
      )}
      {deleting && (
        <DeleteUser
          user={deleting}
          onClose={() => setDeleting(null)}
          onDone={() => {
            setDeleting(null);
            setOpened(null);
          }}
        />
      )}
    </Page>
  );
}
