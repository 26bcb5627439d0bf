// Everything that happens, as it happens. Filters are in the address; after a reload it says what is new since.
import { eventTypeNames, listEventsRoute } from '@gathering/contract/events';
import { Activity, Pause, Play } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { formatClock, formatExact, shortId } from '../../lib/format.ts';
import { usePages } from '../../lib/query.ts';
import { onEvents } from '../../lib/socket.ts';
import { readStored, writeStored } from '../../lib/stored.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { compareCursors, type LoggedEvent, mergeEvents } from './merge-events.ts';

const places: Record<string, string> = { runs: '/runs/', pipelines: '/pipelines/', agents: '/agents/' };
const features = [...new Set(eventTypeNames.map((name) => name.split('.')[0] as string))];
const maxKept = 2000;

function Subject({ subject }: { readonly subject: string }) {
  const [kind = '', id = ''] = subject.split('/');
  const text = `${kind} ${shortId(id)}`;
  const place = places[kind];
  return place ? (
    <Link to={`${place}${id}`} className="font-mono text-xs text-accent-ink hover:underline">
      {text}
    </Link>
  ) : (
    <span className="font-mono text-xs text-ink-2">{text}</span>
  );
}

function payloadText(payload: LoggedEvent['event']['payload']): string {
  return Object.entries(payload)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('  ');
}

/** What arrived while the page is open; held back while paused. */
function useArrived(isPaused: boolean): { arrived: readonly LoggedEvent[]; held: number } {
  const [arrived, setArrived] = useState<readonly LoggedEvent[]>([]);
  const [held, setHeld] = useState<readonly LoggedEvent[]>([]);
  const paused = useRef(isPaused);
  useEffect(() => {
    paused.current = isPaused;
    if (isPaused) return;
    setHeld((waiting) => {
      if (waiting.length > 0) setArrived((before) => [...waiting, ...before].slice(0, maxKept));
      return [];
    });
  }, [isPaused]);
  useEffect(
    () =>
      onEvents((batch) => {
        const add = (before: readonly LoggedEvent[]) => [...[...batch].reverse(), ...before].slice(0, maxKept);
        if (paused.current) setHeld(add);
        else setArrived(add);
      }),
    [],
  );
  return { arrived, held: held.length };
}

/** Tells what came after the last visit to this page; `latest` is remembered for the next one. */
function useUnseen(latest: string | undefined): (one: LoggedEvent) => boolean {
  const [seen] = useState(() => {
    const cursor = readStored(localStorage, 'activity.seen');
    return typeof cursor === 'string' ? cursor : null;
  });
  useEffect(() => {
    if (latest !== undefined) writeStored(localStorage, 'activity.seen', latest);
  }, [latest]);
  return useCallback((one) => seen !== null && compareCursors(one.cursor, seen) > 0, [seen]);
}

function columnsOf(isUnseen: (one: LoggedEvent) => boolean): readonly Column<LoggedEvent>[] {
  return [
    {
      name: 'Time',
      width: '84px',
      show: (one) => (
        <time dateTime={one.event.at} title={formatExact(one.event.at)} className="tabular-nums text-ink-2">
          {formatClock(one.event.at)}
        </time>
      ),
    },
    {
      name: 'What happened',
      width: 'minmax(190px,0.8fr)',
      show: (one) => (
        <span className="flex items-center gap-2">
          <span className="truncate font-medium">{one.event.type}</span>
          {isUnseen(one) && (
            <span
              role="img"
              aria-label="new since you were last here"
              className="size-1.5 shrink-0 rounded-full bg-accent"
            />
          )}
        </span>
      ),
    },
    { name: 'To what', width: '176px', show: (one) => <Subject subject={one.event.subject} /> },
    {
      name: 'By whom',
      width: '132px',
      show: (one) => (
        <span className="font-mono text-xs text-ink-3">
          {one.event.actor === null
            ? 'system'
            : `${one.event.actor.split('/')[0]} ${shortId(one.event.actor.split('/')[1] ?? '')}`}
        </span>
      ),
    },
    {
      name: 'Details',
      width: 'minmax(160px,1fr)',
      show: (one) => (
        <span className="font-mono text-xs text-ink-2" title={payloadText(one.event.payload)}>
          {payloadText(one.event.payload)}
        </span>
      ),
    },
  ];
}

export function ActivityPage() {
  const [feature, setFeature] = useAddress('feature');
  const [type, setType] = useAddress('type');
  const [subject, setSubject] = useAddress('subject');
  const [isPaused, setPaused] = useState(false);
  const { arrived, held } = useArrived(isPaused);
  const stored = usePages(
    listEventsRoute,
    {
      query: {
        feature: feature ?? undefined,
        type: eventTypeNames.find((one) => one === type),
        subject: subject ?? undefined,
      },
    },
    { limit: 100 },
  );
  const events = useMemo(
    () => mergeEvents(arrived, stored.items, { feature, type, subject }),
    [arrived, stored.items, feature, type, subject],
  );
  const isUnseen = useUnseen(events[0]?.cursor);
  const newCount = events.filter(isUnseen).length;
  const isFiltered = feature !== null || type !== null || subject !== null;
  const columns = useMemo(() => columnsOf(isUnseen), [isUnseen]);
  return (
    <Page
      title="Activity"
      lead={
        newCount > 0
          ? `Everything that happens, as it happens. ${newCount} new since you were last here.`
          : 'Everything that happens, as it happens.'
      }
      fixed
      actions={
        <Button icon={isPaused ? Play : Pause} onClick={() => setPaused(!isPaused)}>
          {isPaused ? `Go on${held > 0 ? ` (${held} new)` : ''}` : 'Pause'}
        </Button>
      }
      filters={
        <>
          <FilterChip
            name="Feature"
            value={feature}
            onChange={setFeature}
            options={features.map((one) => ({ value: one, label: one }))}
          />
          <FilterChip
            name="Event"
            value={type}
            onChange={setType}
            options={eventTypeNames
              .filter((one) => feature === null || one.startsWith(`${feature}.`))
              .map((one) => ({ value: one, label: one }))}
          />
          {subject !== null && (
            <FilterChip
              name="About"
              value={subject}
              onChange={setSubject}
              options={[{ value: subject, label: subject }]}
            />
          )}
        </>
      }
    >
      {stored.isPending && <SkeletonRows />}
      {stored.error && !stored.data && <PageError error={stored.error} onRetry={() => void stored.refetch()} />}
      {stored.data && events.length === 0 && (
        <EmptyState icon={Activity} title={isFiltered ? 'No event fits these filters' : 'Nothing has happened yet'}>
          {isFiltered
            ? 'Remove a filter to see more; events that fit appear here as they happen.'
            : 'Start a run or a chat; each change of state appears here at once.'}
        </EmptyState>
      )}
      {events.length > 0 && (
        <List
          label="Events"
          items={events}
          columns={columns}
          rowHeight={32}
          keyOf={(one) => one.cursor}
          hasMore={stored.hasNextPage}
          isLoadingMore={stored.isFetchingNextPage}
          onMore={() => void stored.fetchNextPage()}
        />
      )}
    </Page>
  );
}
