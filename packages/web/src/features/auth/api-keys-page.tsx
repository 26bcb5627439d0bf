// The API keys of the person who is signed in: made here, shown once, revoked here.
import { type ApiKey, deleteApiKeyRoute, listApiKeysRoute } from '@gathering/contract/auth';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { useAddress } from '../../lib/address.ts';
import { plural } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';
import { useAct, useRead } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Ago } from '../../ui/time.tsx';
import { tell } from '../../ui/toast.tsx';
import { MadeKeyDialog, NewKeyDialog } from './api-key-dialogs.tsx';

const hasExpired = ({ expiresAt }: ApiKey, now: number): boolean => expiresAt !== null && Date.parse(expiresAt) <= now;

function Expiry({ apiKey }: { readonly apiKey: ApiKey }) {
  const now = useNow('slow');
  if (apiKey.expiresAt === null) return 'never';
  return (
    <>
      {hasExpired(apiKey, now) && <span className="text-warn">expired </span>}
      <Ago at={apiKey.expiresAt} />
    </>
  );
}

function columnsOf(onRevoke: (key: ApiKey) => void): readonly Column<ApiKey>[] {
  return [
    {
      name: 'Name',
      width: 'minmax(160px,1.4fr)',
      show: (key) => (
        <span title={key.name} className="font-medium">
          {key.name}
        </span>
      ),
    },
    {
      name: 'Key',
      width: '112px',
      show: (key) => <span className="font-mono text-xs text-ink-2">{key.prefix}…</span>,
    },
    {
      name: 'May do',
      width: 'minmax(110px,1fr)',
      show: (key) => (
        <span title={key.scopes?.join(', ')} className="text-ink-2">
          {key.scopes === null ? 'All that you may' : plural(key.scopes.length, 'permission')}
        </span>
      ),
    },
    { name: 'Made', width: '104px', align: 'right', show: (key) => <Ago at={key.createdAt} /> },
    {
      name: 'Last used',
      width: '104px',
      align: 'right',
      show: (key) => (key.lastUsedAt === null ? 'never' : <Ago at={key.lastUsedAt} />),
    },
    {
      name: 'Expires',
      width: '152px',
      align: 'right',
      show: (key) => <Expiry apiKey={key} />,
    },
    {
      name: ' actions',
      width: '80px',
      align: 'right',
      show: (key) => (
        <Button onClick={() => onRevoke(key)} aria-label={`Revoke ${key.name}`}>
          Revoke
        </Button>
      ),
    },
  ];
}

export function ApiKeysPage() {
  const keys = useRead(listApiKeysRoute, {}, { every: 60_000 });
  const [isNew, setNew] = useAddress('new');
  const [made, setMade] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const now = useNow('slow');
  const revoke = useAct(deleteApiKeyRoute, {
    refreshes: ['auth.list-api-keys'],
    onDone: () => {
      setRevoking(null);
      tell('Key revoked');
    },
  });
  const addButton = (
    <Button look="primary" icon={Plus} onClick={() => setNew('1')}>
      New API key
    </Button>
  );
  const items = keys.data?.items ?? [];
  return (
    <Page
      title="API keys"
      lead="For programs that work in your name. A key never manages your account."
      fixed
      actions={addButton}
    >
      {keys.isPending && <SkeletonRows />}
      {keys.error && !keys.data && <PageError error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data && items.length === 0 && (
        <EmptyState icon={KeyRound} title="No API key yet" action={addButton}>
          A program sends its key as <code className="font-mono text-xs">Authorization: Bearer gk_…</code> with every
          request. Give each program its own, with no more than it needs.
        </EmptyState>
      )}
      {items.length > 0 && (
        <List
          label="API keys"
          items={items}
          columns={columnsOf(setRevoking)}
          keyOf={(key) => key.id}
          isFaint={(key) => hasExpired(key, now)}
        />
      )}
      {isNew !== null && (
        <NewKeyDialog
          onClose={() => setNew(null)}
          onMade={(key) => {
            setNew(null);
            setMade(key);
          }}
        />
      )}
      {made !== null && <MadeKeyDialog apiKey={made} onClose={() => setMade(null)} />}
      <Confirm
        open={revoking !== null}
        onClose={() => {
          revoke.reset();
          setRevoking(null);
        }}
        title={`Revoke ${revoking?.name}?`}
        consequence="Whatever uses this key is refused at once, and its sockets close. It cannot be given back."
        verb="Revoke the key"
        busy={revoke.isPending}
        fault={revoke.error && <ErrorBox error={revoke.error} />}
        onConfirm={() => revoking && revoke.mutate({ params: { id: revoking.id } })}
      />
    </Page>
  );
}
