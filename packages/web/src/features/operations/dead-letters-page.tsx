// Dead letters: jobs that failed for good, with why. One of them is opened from the address.
import { type DeadLetter, deadLetterStates, listDeadLettersRoute } from '@gathering/contract/operations-dead-letters';
import { MailX } from 'lucide-react';
import { useSearchParams } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { useMay } from '../../lib/may.ts';
import { usePages } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { lookOf, StateBadge } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { DeadLetterDialog } from './dead-letter-dialog.tsx';
import { SubjectLink } from './subject-link.tsx';

function columnsOf(onOpen: (id: string) => void): readonly Column<DeadLetter>[] {
  return [
    { name: 'When', width: '88px', show: ({ failedAt }) => <Ago at={failedAt} /> },
    {
      name: 'Job',
      width: 'minmax(168px,1fr)',
      show: ({ job }) => (
        <span title={job} className="font-medium">
          {job}
        </span>
      ),
    },
    {
      name: 'Reason',
      width: 'minmax(200px,2fr)',
      show: ({ reason }) => (
        <span title={reason} className="text-ink-2">
          {reason}
        </span>
      ),
    },
    { name: 'Tries', width: '56px', align: 'right', show: ({ attempts }) => attempts },
    { name: 'About', width: '96px', show: ({ subject }) => <SubjectLink subject={subject} /> },
    { name: 'State', width: '104px', show: ({ state }) => <StateBadge state={state} /> },
    {
      name: ' details',
      width: '72px',
      align: 'right',
      show: ({ id, job }) => (
        <Button look="quiet" className="!h-7" aria-label={`Details of ${job}`} onClick={() => onOpen(id)}>
          Details
        </Button>
      ),
    },
  ];
}

export function DeadLettersPage() {
  if (useMay()('operations.inspect')) return <DeadLetterList />;
  return (
    <Page title="Dead letters">
      <EmptyState icon={MailX} title="For operators, admins and owners">
        Your role does not see what the work of others left behind. Ask an operator if something of yours is stuck.
      </EmptyState>
    </Page>
  );
}

function DeadLetterList() {
  const [job, setJob] = useAddress('job');
  const [state, setState] = useAddress('state');
  const [opened, open] = useAddress('letter');
  const [, setAddress] = useSearchParams();
  const filter = { job: job ?? undefined, state: deadLetterStates.find((one) => one === state) };
  const isFiltered = filter.job !== undefined || filter.state !== undefined;
  const letters = usePages(listDeadLettersRoute, { query: filter }, { keepPrevious: true });
  const jobs = [...new Set([...letters.items.map((one) => one.job), ...(job === null ? [] : [job])])].sort();
  return (
    <Page
      title="Dead letters"
      lead="Work that failed as often as it may and is not tried any more, until you decide."
      fixed
      filters={
        <>
          <FilterChip
            name="State"
            value={filter.state ?? null}
            onChange={setState}
            options={deadLetterStates.map((value) => ({ value, label: lookOf(value).word }))}
          />
          <FilterChip
            name="Job"
            value={job}
            onChange={setJob}
            options={jobs.map((value) => ({ value, label: value }))}
          />
        </>
      }
    >
      {letters.isPending && <SkeletonRows />}
      {letters.error && !letters.data && <PageError error={letters.error} onRetry={() => void letters.refetch()} />}
      {letters.data && letters.items.length === 0 && (
        <EmptyState
          icon={MailX}
          title="No dead letter"
          action={isFiltered && <Button onClick={() => setAddress({}, { replace: true })}>Show all</Button>}
        >
          {isFiltered
            ? 'Nothing fits these filters.'
            : 'Work that breaks again and again for a cause that nobody foresaw stands here, with the reason. There is nothing to do.'}
        </EmptyState>
      )}
      {letters.items.length > 0 && (
        <List
          label="Dead letters"
          items={letters.items}
          columns={columnsOf(open)}
          keyOf={({ id }) => id}
          isFaint={(one) => one.state !== 'dead'}
          hasMore={letters.hasNextPage}
          isLoadingMore={letters.isFetchingNextPage}
          onMore={() => void letters.fetchNextPage()}
        />
      )}
      {opened !== null && <DeadLetterDialog key={opened} id={opened} onClose={() => open(null)} />}
    </Page>
  );
}
