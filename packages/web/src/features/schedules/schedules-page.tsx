// All schedules: what comes due next, what became of the last instant, and the switch for the whole scheduler.
import {
  changeSchedulerRoute,
  listSchedulesRoute,
  readSchedulerRoute,
  type Schedule,
  scheduleStates,
} from '@gathering/contract/schedules';
import { CalendarClock, CirclePause, CirclePlay, Plus } from 'lucide-react';
import { useAddress } from '../../lib/address.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, usePages, useRead } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { lookOf, StateBadge } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { actionWords, describeTiming, stateOf } from './describe.ts';
import { ScheduleDialog } from './schedule-dialog.tsx';

const columns: readonly Column<Schedule>[] = [
  {
    name: 'Name',
    width: 'minmax(180px,1fr)',
    show: ({ name, openAlerts }) => (
      <>
        <span className="font-medium">{name}</span>
        {openAlerts.length > 0 && <span className="ml-2 text-bad">{openAlerts[0]}</span>}
      </>
    ),
  },
  {
    name: 'Comes due',
    width: 'minmax(180px,1fr)',
    show: ({ timing }) => <span className="font-mono text-xs text-ink-2">{describeTiming(timing)}</span>,
  },
  {
    name: 'Then',
    width: '152px',
    show: ({ action }) => <span className="text-ink-2">{actionWords[action.kind]}</span>,
  },
  { name: 'State', width: '96px', show: ({ state }) => <StateBadge state={state} /> },
  {
    name: 'Last',
    width: '136px',
    show: ({ lastReceipt }) => lastReceipt && <StateBadge state={stateOf(lastReceipt)} />,
  },
  { name: 'Next', width: '104px', align: 'right', show: ({ nextAt }) => nextAt && <Ago at={nextAt} /> },
];

function PauseAll() {
  const may = useMay()('schedules.write');
  const scheduler = useRead(readSchedulerRoute, {});
  const change = useAct(changeSchedulerRoute, { refreshes: ['schedules.read-scheduler'] });
  const isPaused = scheduler.data !== undefined && scheduler.data.pausedAt !== null;
  if (!may) return null;
  return (
    <Button
      icon={isPaused ? CirclePlay : CirclePause}
      disabled={scheduler.data === undefined}
      busy={change.isPending}
      onClick={() => change.mutate({ body: { paused: !isPaused } })}
    >
      {isPaused ? 'Resume all' : 'Pause all'}
    </Button>
  );
}

function PausedNote() {
  const { data } = useRead(readSchedulerRoute, {});
  if (!data?.pausedAt) return <>What comes due by the clock or by an event, with a receipt for every instant.</>;
  return (
    <span role="status" className="font-medium text-warn">
      All schedules are paused since <Ago at={data.pausedAt} />: every instant is skipped.
    </span>
  );
}

export function SchedulesPage() {
  const may = useMay();
  const [state, setState] = useAddress('state');
  const [isNew, setNew] = useAddress('new');
  const chosen = scheduleStates.find((one) => one === state);
  const schedules = usePages(listSchedulesRoute, { query: { state: chosen } });
  const newButton = may('schedules.write') && (
    <Button look="primary" icon={Plus} onClick={() => setNew('1')}>
      New schedule
    </Button>
  );
  return (
    <Page
      title="Schedules"
      lead={<PausedNote />}
      fixed
      actions={
        <>
          <PauseAll />
          {newButton}
        </>
      }
      filters={
        <FilterChip
          name="State"
          value={chosen ?? null}
          onChange={setState}
          options={scheduleStates.map((one) => ({ value: one, label: lookOf(one).word }))}
        />
      }
    >
      {schedules.isPending && <SkeletonRows />}
      {schedules.error && !schedules.data && (
        <PageError error={schedules.error} onRetry={() => void schedules.refetch()} />
      )}
      {schedules.error && schedules.data && <ErrorBox error={schedules.error} />}
      {schedules.data && schedules.items.length === 0 && (
        <EmptyState
          icon={CalendarClock}
          title={chosen ? 'None in this state' : 'No schedule yet'}
          action={chosen ? <Button onClick={() => setState(null)}>Show all</Button> : newButton}
        >
          A schedule runs a pipeline, calls an API or tells somebody: by a cron expression, every so often, once, or at
          an event. Each instant leaves a receipt.
        </EmptyState>
      )}
      {schedules.items.length > 0 && (
        <List
          label="Schedules"
          items={schedules.items}
          columns={columns}
          keyOf={({ id }) => id}
          linkOf={({ id }) => `/schedules/${id}`}
          isFaint={({ state: one }) => one === 'ended'}
          hasMore={schedules.hasNextPage}
          isLoadingMore={schedules.isFetchingNextPage}
          onMore={() => void schedules.fetchNextPage()}
        />
      )}
      {isNew !== null && may('schedules.write') && <ScheduleDialog onClose={() => setNew(null)} />}
    </Page>
  );
}
