// The users of this server, for owners and admins: who there is, who is invited, and what each may do.
import type { User } from '@gathering/contract/auth';
import { deleteUserRoute, listInvitationsRoute, listUsersRoute, readUserRoute } from '@gathering/contract/auth-users';
import { type Role, roles } from '@gathering/contract/permissions';
import { UserPlus, Users } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { useMay, useMe } from '../../lib/may.ts';
import { useAct, usePages, useRead } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateBadge, Tag } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { tell } from '../../ui/toast.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { OpenInvitations } from './open-invitations.tsx';
import { roleWords } from './role-words.ts';
import { UserDialog } from './user-dialog.tsx';

function DeleteUser({
  user,
  onClose,
  onDone,
}: {
  readonly user: User;
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const remove = useAct(deleteUserRoute, {
    refreshes: ['auth.list-users'],
    onDone: () => {
      onDone();
      tell(`${user.name} was deleted`);
    },
  });
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
          <span title={user.name} className="font-medium">
            {user.name}
          </span>
          {user.id === me.id && <span className="ml-2 text-xs text-ink-3">you</span>}
        </>
      ),
    },
    {
      name: 'E-mail',
      width: 'minmax(200px,1.2fr)',
      show: (user) => (
        <span title={user.email} className="text-ink-2">
          {user.email}
        </span>
      ),
    },
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
      align: 'right',
      show: (user) => (
        <Button look="quiet" className="!h-7" aria-label={`Manage ${user.name}`} onClick={() => onManage(user)}>
          Manage
        </Button>
      ),
    },
  ];
}

export function UsersPage() {
  const me = useMe();
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

/**
 * The one whose id is in the address, as the list has it now, so that a change shows; another search closes nothing.
 * Whoever is being deleted is not read again: the address still names them for a moment after they are gone.
 */
function useOpened(users: { readonly items: readonly User[]; readonly isPending: boolean }, going: User | null) {
  const [id, setId] = useAddress('user');
  const listed = users.items.find((user) => user.id === id);
  const enabled = id !== null && id !== going?.id && !users.isPending && listed === undefined;
  const read = useRead(readUserRoute, { params: { id: id ?? '' } }, { enabled });
  return { id, opened: id === null ? undefined : (listed ?? read.data), open: setId };
}

function UserList({ me }: { readonly me: User }) {
  const [search, setSearch] = useAddress('search');
  const [role, setRole] = useAddress('role');
  const [isInviting, setInviting] = useAddress('invite');
  const [, setAddress] = useSearchParams();
  const [deleting, setDeleting] = useState<User | null>(null);
  const chosenRole = roles.find((one) => one === role);
  const filter = { role: chosenRole, search: search ?? undefined };
  const users = usePages(listUsersRoute, { query: filter }, { keepPrevious: true });
  const invitations = useRead(listInvitationsRoute, {});
  const { id: openedId, opened, open } = useOpened(users, deleting);
  const invited = (invitations.data?.items ?? []).filter(
    (one) =>
      (chosenRole === undefined || one.role === chosenRole) &&
      one.email.toLowerCase().includes((search ?? '').toLowerCase()),
  );
  // Both at once: the list does not move when the invitations arrive.
  const isPending = users.isPending || invitations.isPending;
  return (
    <Page
      title="Users"
      lead="Who may come in, and what they may do."
      fixed
      actions={
        <Button look="primary" icon={UserPlus} onClick={() => setInviting('1')}>
          Invite
        </Button>
      }
      filters={
        <>
          <SearchField label="Search users" placeholder="E-mail or name" value={search} onChange={setSearch} />
          <FilterChip
            name="Role"
            value={role}
            onChange={setRole}
            options={roles.map((one: Role) => ({ value: one, label: roleWords[one].name }))}
          />
        </>
      }
    >
      {isPending && <SkeletonRows />}
      {users.error && !users.data && <PageError error={users.error} onRetry={() => void users.refetch()} />}
      {invitations.error && !invitations.data && (
        <div className="px-6 pb-3">
          <ErrorBox error={invitations.error} onRetry={() => void invitations.refetch()} />
        </div>
      )}
      {!isPending && <OpenInvitations items={invited} />}
      {!isPending && users.data && users.items.length === 0 && (
        // Somebody is always there: whoever looks.
        <EmptyState
          icon={Users}
          title="Nobody"
          action={<Button onClick={() => setAddress({}, { replace: true })}>Show everybody</Button>}
        >
          Nobody fits this search.
        </EmptyState>
      )}
      {!isPending && users.items.length > 0 && (
        <List
          label="Users"
          items={users.items}
          columns={listColumns(me, ({ id }) => open(id))}
          keyOf={({ id }) => id}
          isFaint={({ disabledAt }) => disabledAt !== null}
          hasMore={users.hasNextPage}
          isLoadingMore={users.isFetchingNextPage}
          onMore={() => void users.fetchNextPage()}
        />
      )}
      {isInviting !== null && <InviteDialog ownRole={me.role} onClose={() => setInviting(null)} />}
      {opened && opened.id !== deleting?.id && (
        <UserDialog
          key={opened.id}
          user={opened}
          me={me}
          onClose={() => open(null)}
          onDelete={() => setDeleting(opened)}
        />
      )}
      {deleting && deleting.id === openedId && (
        <DeleteUser user={deleting} onClose={() => setDeleting(null)} onDone={() => open(null)} />
      )}
    </Page>
  );
}
