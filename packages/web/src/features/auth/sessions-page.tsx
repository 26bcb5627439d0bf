// Where one is signed in, and how to end it there.
import { endSessionRoute, listSessionsRoute, logoutEverywhereRoute, type OwnSession } from '@gathering/contract/auth';
import { LogOut, MonitorSmartphone } from 'lucide-react';
import { useState } from 'react';
import { useAct, useRead } from '../../lib/query.ts';
import { endSession } from '../../lib/session.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Tag } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { tell } from '../../ui/toast.tsx';
import { describeUserAgent } from './describe-user-agent.ts';

function columnsOf(onEnd: (one: OwnSession) => void): readonly Column<OwnSession>[] {
  return [
    {
      name: 'Where',
      width: 'minmax(200px,1.4fr)',
      show: (one) => (
        <span title={one.userAgent ?? undefined}>
          <span className="font-medium">{describeUserAgent(one.userAgent)}</span>
          {one.current && (
            <span className="ml-2">
              <Tag>this one</Tag>
            </span>
          )}
        </span>
      ),
    },
    { name: 'Kind', width: '88px', show: (one) => (one.kind === 'browser' ? 'Browser' : 'Program') },
    {
      name: 'Address',
      width: 'minmax(110px,1fr)',
      show: (one) => <span className="font-mono text-xs text-ink-2">{one.address ?? 'not known'}</span>,
    },
    { name: 'Signed in', width: '104px', align: 'right', show: (one) => <Ago at={one.createdAt} /> },
    { name: 'Last used', width: '104px', align: 'right', show: (one) => <Ago at={one.lastSeenAt} /> },
    { name: 'Ends', width: '104px', align: 'right', show: (one) => <Ago at={one.expiresAt} /> },
    {
      name: ' actions',
      width: '64px',
      align: 'right',
      show: (one) => (
        <Button onClick={() => onEnd(one)} aria-label={`End the session of ${describeUserAgent(one.userAgent)}`}>
          End
        </Button>
      ),
    },
  ];
}

export function SessionsPage() {
  const sessions = useRead(listSessionsRoute, {}, { every: 60_000 });
  const [ending, setEnding] = useState<OwnSession | null>(null);
  const [isEndingAll, setEndingAll] = useState(false);
  const end = useAct(endSessionRoute, {
    refreshes: ['auth.list-sessions'],
    onDone: () => {
      if (ending?.current) endSession();
      setEnding(null);
      tell('Session ended');
    },
  });
  const endAll = useAct(logoutEverywhereRoute, { onDone: endSession });
  const items = sessions.data?.items ?? [];
  return (
    <Page
      title="Sessions"
      lead="Where you are signed in. A session ends after 30 days, or after 7 days without use."
      fixed
      actions={
        <Button icon={LogOut} onClick={() => setEndingAll(true)}>
          Sign out everywhere
        </Button>
      }
    >
      {sessions.isPending && <SkeletonRows />}
      {sessions.error && !sessions.data && <PageError error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {sessions.data && items.length === 0 && (
        <EmptyState icon={MonitorSmartphone} title="No session">
          You are not signed in anywhere by e-mail and password.
        </EmptyState>
      )}
      {items.length > 0 && (
        <List label="Sessions" items={items} columns={columnsOf(setEnding)} keyOf={(one) => one.id} />
      )}
      <Confirm
        open={ending !== null}
        onClose={() => {
          end.reset();
          setEnding(null);
        }}
        title={ending?.current ? 'End this very session?' : 'End this session?'}
        consequence={
          ending?.current
            ? 'You are signed out here at once.'
            : 'Whoever uses it is signed out at once. If it is not you, change your password as well.'
        }
        verb="End the session"
        busy={end.isPending}
        fault={end.error && <ErrorBox error={end.error} />}
        onConfirm={() => ending && end.mutate({ params: { id: ending.id } })}
      />
      <Confirm
        open={isEndingAll}
        onClose={() => {
          endAll.reset();
          setEndingAll(false);
        }}
        title="Sign out everywhere?"
        consequence="All of your sessions end at once, this one too. API keys go on working."
        verb="Sign out everywhere"
        busy={endAll.isPending}
        fault={endAll.error && <ErrorBox error={endAll.error} />}
        onConfirm={() => endAll.mutate({})}
      />
    </Page>
  );
}
