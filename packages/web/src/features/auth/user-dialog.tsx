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
import { Confirm, Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { tell } from '../../ui/toast.tsx';
import { LinkOnce } from './link-once.tsx';
import { roleOptions, roleWords } from './role-words.ts';

const refreshes = ['auth.list-users', 'auth.read-user'];

interface UserDialogProps {
  readonly user: User;
  readonly me: User;
  readonly onClose: () => void;
  readonly onDelete: () => void;
}

export function UserDialog({ user, me, onClose, onDelete }: UserDialogProps) {
  const [hasLink, setHasLink] = useState(false);
  return (
    <Dialog
      open
      onClose={onClose}
      title={user.name}
      description={user.email}
      lasting={hasLink}
      footer={hasLink && <Button onClick={onClose}>Done</Button>}
    >
      <div className="flex items-center gap-2">
        <StateBadge state={user.disabledAt === null ? 'enabled' : 'disabled'} />
        <span className="text-xs text-ink-3">
          {user.secondFactor ? 'Signs in with a second factor.' : 'Signs in with the password alone.'}
        </span>
      </div>
      <Possible user={user} me={me} onLink={() => setHasLink(true)} onDelete={onDelete} />
    </Dialog>
  );
}

interface PossibleProps {
  readonly user: User;
  readonly me: User;
  readonly onLink: () => void;
  readonly onDelete: () => void;
}

function Possible({ user, me, onLink, onDelete }: PossibleProps) {
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
      <div className="flex flex-col divide-y divide-line">
        <ResetLink user={user} onMade={onLink} />
        <EndSessions user={user} />
        {user.secondFactor && <RemoveFactor user={user} />}
        <Access user={user} />
        <Act says="Their account, sessions, keys and chats go for good.">
          <Button look="danger" onClick={onDelete}>
            Delete…
          </Button>
        </Act>
      </div>
    </>
  );
}

function RolePart({ user, ownRole }: { readonly user: User; readonly ownRole: Role }) {
  const [role, setRole] = useState<Role>(user.role);
  const change = useAct(updateUserRoute, { refreshes, onDone: () => tell('Role changed') });
  return (
    <div className="flex flex-col gap-2">
      {change.error && <ErrorBox error={change.error} />}
      <Field label="Role" hint={roleWords[role].may}>
        {(binding) => (
          <div className="flex gap-2">
            <Select
              {...binding}
              value={role}
              options={roleOptions(ownRole)}
              onChange={(next) => setRole(next as Role)}
            />
            <Button
              busy={change.isPending}
              disabled={role === user.role}
              onClick={() => change.mutate({ params: { id: user.id }, body: { role } })}
            >
              Change role
            </Button>
          </div>
        )}
      </Field>
    </div>
  );
}

function ResetLink({ user, onMade }: { readonly user: User; readonly onMade: () => void }) {
  const link = useAct(makeResetLinkRoute, { onDone: onMade });
  return (
    <Act
      says="A link with which they set a new password. An earlier one is void."
      error={link.error}
      result={link.data && <LinkOnce link={link.data} label="Link to a new password" />}
    >
      <Button busy={link.isPending} onClick={() => link.mutate({ params: { id: user.id } })}>
        Make a reset link
      </Button>
    </Act>
  );
}

function EndSessions({ user }: { readonly user: User }) {
  const end = useAct(endUserSessionsRoute, { onDone: () => tell('All sessions ended') });
  return (
    <Act says="They are signed out everywhere and can sign in again." error={end.error}>
      <Button busy={end.isPending} onClick={() => end.mutate({ params: { id: user.id } })}>
        End all sessions
      </Button>
    </Act>
  );
}

/** Cannot be undone by who did it: only they themselves can set one up again. */
function RemoveFactor({ user }: { readonly user: User }) {
  const [isAsking, setAsking] = useState(false);
  const remove = useAct(removeUserSecondFactorRoute, {
    refreshes,
    onDone: () => {
      setAsking(false);
      tell('Second factor removed');
    },
  });
  return (
    <Act says="For who lost app and recovery codes. All sessions end.">
      <Button look="danger" onClick={() => setAsking(true)}>
        Remove second factor…
      </Button>
      <Confirm
        open={isAsking}
        onClose={() => {
          remove.reset();
          setAsking(false);
        }}
        title={`Remove the second factor of ${user.name}?`}
        consequence="Their password alone is enough then, until they set another up. Their recovery codes are void, and all of their sessions end. Be sure that it is they who asked."
        verb="Remove second factor"
        busy={remove.isPending}
        fault={remove.error && <ErrorBox error={remove.error} />}
        onConfirm={() => remove.mutate({ params: { id: user.id } })}
      />
    </Act>
  );
}

function Access({ user }: { readonly user: User }) {
  const isDisabled = user.disabledAt !== null;
  const change = useAct(updateUserRoute, {
    refreshes,
    onDone: ({ name, disabledAt }) => tell(`${name} is ${disabledAt === null ? 'enabled' : 'disabled'}`),
  });
  return (
    <Act
      says={isDisabled ? 'They can sign in again.' : 'They are signed out at once and cannot sign in.'}
      error={change.error}
    >
      <Button
        busy={change.isPending}
        onClick={() => change.mutate({ params: { id: user.id }, body: { disabled: !isDisabled } })}
      >
        {isDisabled ? 'Enable' : 'Disable'}
      </Button>
    </Act>
  );
}

interface ActProps {
  readonly says: string;
  readonly children: ReactNode;
  readonly error?: Error | null;
  readonly result?: ReactNode;
}

/** What failed is said where it was tried. */
function Act({ says, children, error, result }: ActProps) {
  return (
    <div className="flex flex-col gap-2 py-2">
      <div className="flex items-center justify-between gap-4">
        <p className="text-xs text-ink-2">{says}</p>
        {children}
      </div>
      {error && <ErrorBox error={error} />}
      {result}
    </div>
  );
}
