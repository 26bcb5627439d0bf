// Invitations that nobody has accepted yet, above the list of users while there are any.
import { deleteInvitationRoute, type Invitation } from '@gathering/contract/auth-users';
import { useState } from 'react';
import { useAct } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Panel } from '../../ui/page.tsx';
import { Tag } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { tell } from '../../ui/toast.tsx';
import { roleWords } from './role-words.ts';

/** The users are what the page is for: a long list of invitations opens on demand. */
const shownAtFirst = 3;

interface RowProps {
  readonly invitation: Invitation;
  readonly onTakeBack: () => void;
}

function Row({ invitation, onTakeBack }: RowProps) {
  return (
    <li className="flex items-center gap-3 border-b border-line py-1 pr-2 pl-4 text-sm last:border-b-0">
      <span title={invitation.email} className="min-w-0 flex-1 truncate font-medium">
        {invitation.email}
      </span>
      <Tag>{roleWords[invitation.role].name}</Tag>
      <span className="w-24 text-right text-xs text-ink-3">
        ends <Ago at={invitation.expiresAt} />
      </span>
      <Button
        look="quiet"
        className="!h-7"
        aria-label={`Take back the invitation of ${invitation.email}`}
        onClick={onTakeBack}
      >
        Take back
      </Button>
    </li>
  );
}

export function OpenInvitations({ items }: { readonly items: readonly Invitation[] }) {
  const [isWhole, setWhole] = useState(false);
  const [leaving, setLeaving] = useState<Invitation | null>(null);
  const remove = useAct(deleteInvitationRoute, {
    refreshes: ['auth.list-invitations'],
    onDone: () => {
      setLeaving(null);
      tell('Invitation taken back');
    },
  });
  const close = (): void => {
    remove.reset();
    setLeaving(null);
  };
  const shown = isWhole ? items : items.slice(0, shownAtFirst);
  return (
    <>
      {items.length > 0 && (
        <section aria-labelledby="open-invitations" className="shrink-0 px-6 pb-4">
          <div className="flex h-8 max-w-2xl items-center justify-between">
            <h2 id="open-invitations" className="text-sm font-semibold">
              Open invitations <span className="font-normal tabular-nums text-ink-3">{items.length}</span>
            </h2>
            {items.length > shownAtFirst && (
              <Button look="quiet" className="!h-7" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
                {isWhole ? 'Show fewer' : 'Show all'}
              </Button>
            )}
          </div>
          <Panel className="max-h-[40vh] max-w-2xl !overflow-y-auto">
            <ul>
              {shown.map((invitation) => (
                <Row key={invitation.id} invitation={invitation} onTakeBack={() => setLeaving(invitation)} />
              ))}
            </ul>
          </Panel>
        </section>
      )}
      <Confirm
        open={leaving !== null}
        onClose={close}
        title={`Take back the invitation of ${leaving?.email}?`}
        consequence="Its link is void at once. They can be invited again, with another link."
        verb="Take it back"
        busy={remove.isPending}
        fault={remove.error && <ErrorBox error={remove.error} />}
        onConfirm={() => leaving && remove.mutate({ params: { id: leaving.id } })}
      />
    </>
  );
}
