// The audit: who did what, from where, whether it was let through, and how far it is sealed.
import { type AuditEntry, type AuditSeal, listAuditRoute, readAuditSealRoute } from '@gathering/contract/audit';
import { LockKeyhole, LockKeyholeOpen, ScrollText, ShieldCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import { formatCount, formatExact } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { queryClient, usePages, useRead } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageError } from '../../ui/error-box.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { AuditDetails } from './audit-details.tsx';
import { AuditFilterChips, useAuditFilters } from './audit-filters.tsx';
import { ExportButton } from './export-button.tsx';
import { type NameOf, useNames } from './people.ts';
import { VerifyDialog } from './verify-dialog.tsx';

/** No event tells of every entry; the end of the chain does, and is cheap to ask for. */
const everyMs = 2_000;

function Mono({ children, title }: { readonly children: string; readonly title?: string }) {
  return (
    <span title={title} className="font-mono text-xs text-ink-2">
      {children}
    </span>
  );
}

function Named({ reference, nameOf }: { readonly reference: string; readonly nameOf: NameOf }) {
  return (
    <span title={reference} className="text-ink-2">
      {nameOf(reference)}
    </span>
  );
}

/** All of them fit beside the navigation at 1280 px. */
function columnsOf(nameOf: NameOf, onOpen: (entry: AuditEntry) => void): readonly Column<AuditEntry>[] {
  return [
    { name: 'When', width: '88px', show: (entry) => <Ago at={entry.at} /> },
    {
      name: 'Action',
      width: 'minmax(180px,1.2fr)',
      show: (entry) => (
        <span title={entry.action} className="font-medium">
          {entry.action}
        </span>
      ),
    },
    { name: 'Result', width: '80px', show: (entry) => <StateBadge state={entry.result} /> },
    { name: 'Who', width: 'minmax(128px,1fr)', show: ({ actor }) => <Named reference={actor} nameOf={nameOf} /> },
    {
      name: 'Address',
      width: '104px',
      show: ({ address }) => <Mono title={address ?? undefined}>{address ?? ''}</Mono>,
    },
    {
      name: 'To what',
      width: 'minmax(144px,1fr)',
      show: ({ object }) => object && <Named reference={object} nameOf={nameOf} />,
    },
    {
      name: 'Sealed',
      width: '72px',
      show: (entry) => <Mono>{entry.position === null ? 'not yet' : `#${entry.position}`}</Mono>,
    },
    {
      name: ' details',
      width: '72px',
      align: 'right',
      show: (entry) => (
        <Button look="quiet" className="!h-7" onClick={() => onOpen(entry)}>
          Details
        </Button>
      ),
    },
  ];
}

function SealState({ seal }: { readonly seal: AuditSeal }) {
  const { position, sealedAt, unsealed } = seal;
  const Icon = unsealed.count === 0 ? LockKeyhole : LockKeyholeOpen;
  const head = position === 0 ? 'Nothing is sealed yet' : `Sealed up to position ${position}`;
  const tail = unsealed.count === 0 ? '' : `, ${formatCount(unsealed.count)} not sealed yet`;
  return (
    <span className="inline-flex items-center gap-1.5" title={sealedAt === null ? undefined : formatExact(sealedAt)}>
      <Icon size={12} aria-hidden />
      {`${head}${tail}.`}
    </span>
  );
}

/** The list is read again as soon as anything was recorded or sealed. */
function useSeal(): AuditSeal | undefined {
  const { data } = useRead(readAuditSealRoute, {}, { every: everyMs });
  const state = data === undefined ? null : `${data.position} ${data.unsealed.count}`;
  const [known, setKnown] = useState(state);
  useEffect(() => {
    if (state === known) return;
    setKnown(state);
    if (known !== null) void queryClient.invalidateQueries({ queryKey: [listAuditRoute.name] });
  }, [state, known]);
  return data;
}

export function AuditPage() {
  if (useMay()('audit.read')) return <AuditList />;
  return (
    <Page title="Audit">
      <EmptyState icon={ScrollText} title="For owners and admins">
        Your role does not read the audit. Ask an owner or admin if you need to know who did something.
      </EmptyState>
    </Page>
  );
}

function AuditList() {
  const nameOf = useNames();
  const filters = useAuditFilters();
  const { filter, isFiltered } = filters;
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const [isVerifying, setVerifying] = useState(false);
  const seal = useSeal();
  const entries = usePages(listAuditRoute, { query: filter }, { keepPrevious: true });
  // The same answer while nothing is filtered.
  const latest = usePages(listAuditRoute, { query: {} });
  return (
    <Page
      title="Audit"
      lead={
        <>
          Who did what: sign-ins, settings and effects. Entries are never changed or removed.{' '}
          {seal && <SealState seal={seal} />}
        </>
      }
      fixed
      actions={
        <>
          <ExportButton filter={filter} />
          <Button icon={ShieldCheck} onClick={() => setVerifying(true)}>
            Verify
          </Button>
        </>
      }
      filters={<AuditFilterChips filters={filters} latest={latest.items} nameOf={nameOf} />}
    >
      {entries.isPending && <SkeletonRows />}
      {entries.error && !entries.data && <PageError error={entries.error} onRetry={() => void entries.refetch()} />}
      {entries.data && entries.items.length === 0 && (
        <EmptyState
          icon={ScrollText}
          title="No entry"
          action={isFiltered && <Button onClick={filters.clear}>Show all</Button>}
        >
          {isFiltered ? 'Nothing fits these filters.' : 'The first sign-in will stand here.'}
        </EmptyState>
      )}
      {entries.items.length > 0 && (
        <List
          label="Audit entries"
          items={entries.items}
          columns={columnsOf(nameOf, setOpen)}
          rowHeight={36}
          keyOf={(entry) => entry.id}
          hasMore={entries.hasNextPage}
          isLoadingMore={entries.isFetchingNextPage}
          onMore={() => void entries.fetchNextPage()}
        />
      )}
      {open && <AuditDetails entry={open} nameOf={nameOf} only={filters.only} onClose={() => setOpen(null)} />}
      {isVerifying && <VerifyDialog onClose={() => setVerifying(false)} />}
    </Page>
  );
}
