// Circuit breakers: who is left alone because it kept failing, until when, and closing one by hand.
import {
  breakerKinds,
  breakerStates,
  type CircuitBreaker,
  listBreakersRoute,
  resetBreakerRoute,
} from '@gathering/contract/operations-breakers';
import { Unplug } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { plural } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useNow } from '../../lib/now.ts';
import { useAct, usePages } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { lookOf, StateBadge, Tag } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { tell } from '../../ui/toast.tsx';

const kindWords = { vendor: 'Vendor', host: 'Host', tool: 'Tool' } as const;

const nameOf = (target: string): string => target.slice(target.indexOf('/') + 1);
const kindOf = (target: string) => breakerKinds.find((kind) => target.startsWith(`${kind}/`)) ?? 'host';

/** Time alone makes a breaker half-open; no event tells of it. */
const stateAt = ({ state, opensUntil }: CircuitBreaker, now: number) =>
  state === 'open' && opensUntil !== null && Date.parse(opensUntil) <= now ? 'half-open' : state;

function State({ breaker }: { readonly breaker: CircuitBreaker }) {
  const now = useNow(breaker.state === 'open' ? 'second' : 'still');
  const state = stateAt(breaker, now);
  return <StateBadge state={state === 'open' ? 'tripped' : state} />;
}

function Next({ breaker }: { readonly breaker: CircuitBreaker }) {
  const now = useNow(breaker.state === 'closed' ? 'still' : 'second');
  const { opensUntil, probing } = breaker;
  if (opensUntil === null) return <span className="text-ink-3">Calls pass</span>;
  const left = Math.ceil((Date.parse(opensUntil) - now) / 1000);
  if (left > 0)
    return <span className="tabular-nums">{left < 120 ? `in ${left} s` : `in ${Math.ceil(left / 60)} min`}</span>;
  return <span>{probing ? 'Being tried now' : 'With the next call'}</span>;
}

function columnsOf(onReset: ((breaker: CircuitBreaker) => void) | null): readonly Column<CircuitBreaker>[] {
  const columns: Column<CircuitBreaker>[] = [
    {
      name: 'Target',
      width: 'minmax(200px,1.2fr)',
      show: ({ target }) => (
        <span title={target} className="inline-flex max-w-full items-center gap-2">
          <Tag>{kindWords[kindOf(target)]}</Tag>
          <span className="truncate font-medium">{nameOf(target)}</span>
        </span>
      ),
    },
    { name: 'State', width: '104px', show: (breaker) => <State breaker={breaker} /> },
    {
      name: 'Failures',
      width: '136px',
      show: ({ failures, timesOpened, state }) => (
        <span className="tabular-nums">
          {failures} in a row
          {state !== 'closed' && timesOpened > 1 && <span className="text-ink-3">, opened {timesOpened}×</span>}
        </span>
      ),
    },
    {
      name: 'Last failure',
      width: 'minmax(160px,1fr)',
      show: ({ lastError }) => (
        <span title={lastError} className="text-ink-2">
          {lastError}
        </span>
      ),
    },
    { name: 'When', width: '96px', show: ({ lastFailedAt }) => <Ago at={lastFailedAt} /> },
    { name: 'Tried again', width: '128px', show: (breaker) => <Next breaker={breaker} /> },
  ];
  if (onReset === null) return columns;
  const reset: Column<CircuitBreaker> = {
    name: ' reset',
    width: '72px',
    align: 'right',
    show: (breaker) =>
      (breaker.state !== 'closed' || breaker.failures > 0) && (
        <Button
          look="quiet"
          className="!h-7"
          aria-label={`Reset ${nameOf(breaker.target)}`}
          onClick={() => onReset(breaker)}
        >
          Reset
        </Button>
      ),
  };
  return [...columns, reset];
}

function ResetBreaker({ breaker, onClose }: { readonly breaker: CircuitBreaker; readonly onClose: () => void }) {
  const name = nameOf(breaker.target);
  const reset = useAct(resetBreakerRoute, {
    refreshes: ['operations.list-breakers'],
    onDone: () => {
      onClose();
      tell(`Calls of ${name} pass again`);
    },
  });
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Reset the breaker of ${name}?`}
      consequence={`It failed ${plural(breaker.failures, 'time')} in a row. Calls pass at once, on every instance within a second; if it still fails, it opens again.`}
      verb="Reset"
      busy={reset.isPending}
      fault={reset.error && <ErrorBox error={reset.error} />}
      onConfirm={() => reset.mutate({ body: { target: breaker.target } })}
    />
  );
}

export function BreakersPage() {
  const may = useMay();
  const [kind, setKind] = useAddress('kind');
  const [state, setState] = useAddress('state');
  const [, setAddress] = useSearchParams();
  const [resetting, setResetting] = useState<CircuitBreaker | null>(null);
  const filter = {
    kind: breakerKinds.find((one) => one === kind),
    state: breakerStates.find((one) => one === state),
  };
  const isFiltered = filter.kind !== undefined || filter.state !== undefined;
  const breakers = usePages(listBreakersRoute, { query: filter }, { keepPrevious: true });
  const kinds = breakerKinds.filter((one) => one !== 'host' || may('operations.inspect'));
  return (
    <Page
      title="Breakers"
      lead="Model vendors, hosts and tools that failed lately. Who fails five times in a row is left alone for a while, by all instances."
      fixed
      filters={
        <>
          <FilterChip
            name="Kind"
            value={filter.kind ?? null}
            onChange={setKind}
            options={kinds.map((value) => ({ value, label: kindWords[value] }))}
          />
          <FilterChip
            name="State"
            value={filter.state ?? null}
            onChange={setState}
            options={breakerStates.map((value) => ({ value, label: lookOf(value).word }))}
          />
        </>
      }
    >
      {breakers.isPending && <SkeletonRows />}
      {breakers.error && !breakers.data && <PageError error={breakers.error} onRetry={() => void breakers.refetch()} />}
      {breakers.data && breakers.items.length === 0 && (
        <EmptyState
          icon={Unplug}
          title={isFiltered ? 'No breaker' : 'Nothing has failed'}
          action={isFiltered && <Button onClick={() => setAddress({}, { replace: true })}>Show all</Button>}
        >
          {isFiltered
            ? 'Nothing fits these filters.'
            : 'A vendor, host or tool that fails stands here for a week, with the time at which it is tried again. There is nothing to do.'}
        </EmptyState>
      )}
      {breakers.items.length > 0 && (
        <List
          label="Breakers"
          items={breakers.items}
          columns={columnsOf(may('operations.write') ? setResetting : null)}
          keyOf={({ target }) => target}
          isFaint={({ state: at, failures }) => at === 'closed' && failures === 0}
          hasMore={breakers.hasNextPage}
          isLoadingMore={breakers.isFetchingNextPage}
          onMore={() => void breakers.fetchNextPage()}
        />
      )}
      {resetting && <ResetBreaker breaker={resetting} onClose={() => setResetting(null)} />}
    </Page>
  );
}
