// One user: what can be changed about them, and in place what cannot and why.
import type { User } from '@gathering/contract/auth';
import {
  endUserSessionsRoute,
  makeResetLinkRoute,
  removeUserSecondFactorRoute,
  updateUserRoute,
} from '@gathering/contract/auth-users';
import { mayManageRole, type Role } from '@gathering/contract/permissions';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { useAct } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { tell } from '../../ui/toast.tsx';
import { LinkOnce } from './link-once.tsx';
import { roleOptions, roleWords } from './role-words.ts';

interface UserDialogProps {
  readonly user: User;
  readonly me: User;
  readonly onClose: () => void;
  readonly onDelete: () => void;
}

export function UserDialog({ user, me, onClose, onDelete }: UserDialogProps) {
  return (
    <Dialog open onClose={onClose} title={user.name} description={user.email}>
      <div className="flex items-center gap-2">
        <StateBadge state={user.disabledAt === null ? 'enabled' : 'disabled'} />
        <span className="text-xs text-ink-3">
          {user.secondFactor ? 'Signs in with a second factor.' : 'Signs in with the password alone.'}
        </span>
      </div>
      <Possible user={user} me={me} onDelete={onDelete} />
    </Dialog>
  );
}

function Possible({ user, me, onDelete }: Omit<UserDialogProps, 'onClose'>) {
  if (user.id === me.id) {
    return (
      <p className="text-sm text-ink-2">
        This is you. Name, password and second factor are on{' '}
        <Link to="/profile" className="text-accent-ink underline">
          your profile
        </Link>
        ; role, disabling and deleting are for another owner or admin.
      </p>
    );
  }
  if (!mayManageRole(me.role, user.role)) {
    return (
      <p className="text-sm text-ink-2">
        The role {roleWords[user.role].name.toLowerCase()} is above your own: only somebody with that role changes{' '}
        {user.name}.
      </p>
    );
  }
  return (
    <>
      <RolePart key={user.role} user={user} ownRole={me.role} />
      <AccessPart user={user} onDelete={onDelete} />
    </>
  );
}

function RolePart({ user, ownRole }: { readonly user: User; readonly ownRole: Role }) {
  const [role, setRole] = useState<Role>(user.role);
  const change = useAct(updateUserRoute, { refreshes: ['auth.list-users'], onDone: () => tell('Role changed') });
  return (
    <div className="flex flex-col gap-2">
      {change.error && <ErrorBox error={change.error} />}
      <div className="flex items-end gap-2">
        <div className="flex-1">
          <Field label="Role" hint={roleWords[role].may}>
            {(binding) => (
              <Select
                {...binding}
                value={role}
                options={roleOptions(ownRole)}
                onChange={(next) => setRole(next as Role)}
              />
            )}
          </Field>
        </div>
        <Button
          className="mb-5"
          busy={change.isPending}
          disabled={role === user.role}
          onClick={() => change.mutate({ params: { id: user.id }, body: { role } })}
        >
          Change role
        </Button>
      </div>
    </div>
  );
}

function AccessPart({ user, onDelete }: { readonly user: User; readonly onDelete: () => void }) {
  const refreshes = ['auth.list-users'];
  const input = { params: { id: user.id } };
  const change = useAct(updateUserRoute, { refreshes });
  const link = useAct(makeResetLinkRoute);
  const end = useAct(endUserSessionsRoute, { onDone: () => tell('All sessions ended') });
  const factor = useAct(removeUserSecondFactorRoute, { refreshes, onDone: () => tell('Second factor removed') });
  const error = change.error ?? link.error ?? end.error ?? factor.error;
  const isDisabled = user.disabledAt !== null;
  return (
    <div className="flex flex-col divide-y divide-line">
      {error && <ErrorBox error={error} />}
      <Act says="A link with which they set a new password. An earlier one is void.">
        <Button busy={link.isPending} onClick={() => link.mutate(input)}>
          Make a reset link
        </Button>
      </Act>
      {link.data && <LinkOnce link={link.data} label="Link to a new password" />}
      <Act says="They are signed out everywhere and can sign in again.">
        <Button busy={end.isPending} onClick={() => end.mutate(input)}>
          End all sessions
        </Button>
      </Act>
      {user.secondFactor && (
        <Act says="For who lost app and recovery codes. All sessions end.">
          <Button busy={factor.isPending} onClick={() => factor.mutate(input)}>
            Remove second factor
          </Button>
        </Act>
      )}
      <Act says={isDisabled ? 'They can sign in again.' : 'They are signed out at once and cannot sign in.'}>
        <Button busy={change.isPending} onClick={() => change.mutate({ ...input, body: { disabled: !isDisabled } })}>
          {isDisabled ? 'Enable' : 'Disable'}
        </Button>
      </Act>
      <Act says="Their account, sessions, keys and chats go for good.">
        <Button look="danger" onClick={onDelete}>
          Delete…
        </Button>
      </Act>
    </div>
  );
}

function Act({ says, children }: { readonly says: string; readonly children: ReactNode }) {
  return (
    <div className="flex items-center justify-between gap-4 py-2">
      <p className="text-xs text-ink-2">{says}</p>
      {children}
    </div>
  );
}
