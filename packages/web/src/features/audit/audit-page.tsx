// The audit: who did what, from where, and whether it was let through.
import { type AuditEntry, listAuditRoute } from '@gathering/contract/audit';
import { ScrollText } from 'lucide-react';
import { useState } from 'react';
import { useAddress } from '../../lib/address.ts';
import { formatExact, shortId } from '../../lib/format.ts';
import { usePages } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { CopyText } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { JsonTree } from '../../ui/json-tree.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';

function named(reference: string): string {
  const [kind = '', id = ''] = reference.split('/');
  return id === '' ? reference : `${kind} ${shortId(id)}`;
}

function Details({ entry, onClose }: { readonly entry: AuditEntry; readonly onClose: () => void }) {
  const facts: [string, string | null][] = [
    ['When', formatExact(entry.at)],
    ['Who', entry.actor],
    ['From', entry.address],
    ['To what', entry.object],
  ];
  return (
    <Dialog open onClose={onClose} title={entry.action} wide>
      <dl className="grid grid-cols-[6rem_1fr] gap-y-1 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-3">{name}</dt>
            <dd className="font-mono text-xs leading-5 break-all">{value ?? 'not known'}</dd>
          </div>
        ))}
        <dt className="text-ink-3">Request</dt>
        <dd>{entry.requestId ? <CopyText text={entry.requestId} what="request id" /> : 'none'}</dd>
      </dl>
      <JsonTree value={entry.details} root="details" />
    </Dialog>
  );
}

export function AuditPage() {
  const [action, setAction] = useAddress('action');
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const entries = usePages(listAuditRoute, { query: { action: action ?? undefined } });
  const known = [...new Set([...(action ? [action] : []), ...entries.items.map((entry) => entry.action)])].sort();
  const columns: readonly Column<AuditEntry>[] = [
    { name: 'When', width: '112px', show: (entry) => <Ago at={entry.at} /> },
    {
      name: 'Action',
      width: 'minmax(180px,1fr)',
      show: (entry) => <span className="font-medium">{entry.action}</span>,
    },
    { name: 'Result', width: '96px', show: (entry) => <StateBadge state={entry.result} /> },
    {
      name: 'Who',
      width: '152px',
      show: (entry) => <span className="font-mono text-xs text-ink-2">{named(entry.actor)}</span>,
    },
    {
      name: 'From',
      width: '112px',
      show: (entry) => <span className="font-mono text-xs text-ink-2">{entry.address ?? ''}</span>,
    },
    {
      name: 'To what',
      width: '168px',
      show: (entry) => <span className="font-mono text-xs text-ink-2">{entry.object ? named(entry.object) : ''}</span>,
    },
    {
      name: ' details',
      width: '76px',
      show: (entry) => (
        <Button look="quiet" className="!h-7" onClick={() => setOpen(entry)}>
          Details
        </Button>
      ),
    },
  ];
  return (
    <Page
      title="Audit"
      lead="Who did what: sign-ins, settings and effects. Entries are never changed."
      fixed
      filters={
        <FilterChip
          name="Action"
          value={action}
          onChange={setAction}
          options={known.map((one) => ({ value: one, label: one }))}
        />
      }
    >
      {entries.isPending && <SkeletonRows />}
      {entries.error && !entries.data && <PageError error={entries.error} onRetry={() => void entries.refetch()} />}
      {entries.data && entries.items.length === 0 && (
        <EmptyState
          icon={ScrollText}
          title="No entry"
          action={action && <Button onClick={() => setAction(null)}>Show all</Button>}
        >
          {action ? 'Nobody did this yet.' : 'The first sign-in will stand here.'}
        </EmptyState>
      )}
      {entries.items.length > 0 && (
        <List
          label="Audit entries"
          items={entries.items}
          columns={columns}
          rowHeight={36}
          keyOf={(entry) => entry.id}
          hasMore={entries.hasNextPage}
          isLoadingMore={entries.isFetchingNextPage}
          onMore={() => void entries.fetchNextPage()}
        />
      )}
      {open && <Details entry={open} onClose={() => setOpen(null)} />}
    </Page>
  );
}
