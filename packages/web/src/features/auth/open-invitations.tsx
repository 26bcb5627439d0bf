// Invitations that nobody has accepted yet, above the list of users while there are any.
import { deleteInvitationRoute, type Invitation, listInvitationsRoute } from '@gathering/contract/auth-users';
import { useAct, useRead } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Panel } from '../../ui/page.tsx';
import { Tag } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { roleWords } from './role-words.ts';

function Row({ invitation }: { readonly invitation: Invitation }) {
  const remove = useAct(deleteInvitationRoute, { refreshes: ['auth.list-invitations'] });
  return (
    <li className="flex flex-col gap-2 border-b border-line px-4 py-2 last:border-b-0">
      <div className="flex items-center gap-3 text-sm">
        <span className="min-w-0 flex-1 truncate font-medium">{invitation.email}</span>
        <Tag>{roleWords[invitation.role].name}</Tag>
        <span className="text-xs text-ink-3">
          ends <Ago at={invitation.expiresAt} />
        </span>
        <Button
          look="quiet"
          className="!h-7"
          busy={remove.isPending}
          aria-label={`Take back the invitation of ${invitation.email}`}
          onClick={() => remove.mutate({ params: { id: invitation.id } })}
        >
          Take back
        </Button>
      </div>
      {remove.error && <ErrorBox error={remove.error} />}
    </li>
  );
}

export function OpenInvitations() {
  const invitations = useRead(listInvitationsRoute, {});
  const items = invitations.data?.items ?? [];
  if (invitations.error) {
    return (
      <div className="px-6 pb-3">
        <ErrorBox error={invitations.error} onRetry={() => void invitations.refetch()} />
      </div>
    );
  }
  if (items.length === 0) return null;
  return (
    <section aria-labelledby="open-invitations" className="shrink-0 px-6 pb-4">
      <h2 id="open-invitations" className="pb-2 text-sm font-semibold">
        Open invitations
      </h2>
      <Panel className="max-h-52 max-w-2xl !overflow-y-auto">
        <ul>
          {items.map((invitation) => (
            <Row key={invitation.id} invitation={invitation} />
          ))}
        </ul>
      </Panel>
    </section>
  );
}
