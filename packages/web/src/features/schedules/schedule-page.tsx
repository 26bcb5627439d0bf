// One schedule: what it says, what it does, its next instants, and the receipt of every one that is over.
import {
  listReceiptsRoute,
  pauseScheduleRoute,
  type Receipt,
  readScheduleRoute,
  receiptStatuses,
  removeScheduleRoute,
  resumeScheduleRoute,
  runScheduleRoute,
  type Schedule,
} from '@gathering/contract/schedules';
import { CirclePause, CirclePlay, Ellipsis, Pencil, Play, Trash } from 'lucide-react';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { formatExact } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, usePages, useRead } from '../../lib/query.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Menu, MenuItem } from '../../ui/menu.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { lookOf, StateBadge } from '../../ui/state-badge.tsx';
import { tell, tellError } from '../../ui/toast.tsx';
import {
  actionWords,
  describeReceipt,
  describeTiming,
  linkOfWork,
  missedWords,
  overlapWords,
  stateOf,
} from './describe.ts';
import { NextInstants } from './next-instants.tsx';
import { ScheduleDialog } from './schedule-dialog.tsx';

const refreshes = ['schedules.read', 'schedules.list', 'schedules.list-receipts'];

const kindWords = { instant: '', event: 'event', manual: 'by hand' } as const;

const columns: readonly Column<Receipt>[] = [
  {
    name: 'Instant',
    width: '208px',
    show: ({ at }) => (
      <time dateTime={at} className="tabular-nums">
        {formatExact(at)}
      </time>
    ),
  },
  { name: 'Result', width: '144px', show: (receipt) => <StateBadge state={stateOf(receipt)} /> },
  {
    name: 'Account',
    width: 'minmax(200px,1fr)',
    show: (receipt) => <span title={describeReceipt(receipt)}>{describeReceipt(receipt)}</span>,
  },
  { name: 'Kind', width: '72px', show: ({ kind }) => <span className="text-ink-3">{kindWords[kind]}</span> },
];

function Facts({ schedule }: { readonly schedule: Schedule }) {
  const { action } = schedule;
  const facts: [string, string][] = [
    ['Comes due', describeTiming(schedule.timing)],
    ['Then', actionWords[action.kind]],
    ['Overlap', overlapWords[schedule.overlap]],
    ['Missed', missedWords[schedule.missed]],
    ['Runs', `${schedule.runCount}${schedule.maxCount === null ? '' : ` of ${schedule.maxCount}`}`],
    ['Retries', String(schedule.retries)],
  ];
  return (
    <dl className="grid grid-cols-[6rem_1fr] content-start gap-y-1.5 text-sm">
      {facts.map(([name, text]) => (
        <div key={name} className="contents">
          <dt className="text-ink-3">{name}</dt>
          <dd className="break-words">{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Actions({ schedule, onEdit }: { readonly schedule: Schedule; readonly onEdit: () => void }) {
  const navigate = useNavigate();
  const [isRemoving, setRemoving] = useState(false);
  const { id, name, state } = schedule;
  const params = { id };
  const pause = useAct(pauseScheduleRoute, { refreshes });
  const resume = useAct(resumeScheduleRoute, { refreshes });
  const run = useAct(runScheduleRoute, { refreshes, onDone: () => tell(`${name} runs now.`) });
  const remove = useAct(removeScheduleRoute, {
    refreshes: ['schedules.list'],
    onDone: () => void navigate('/schedules'),
  });
  return (
    <>
      {state !== 'ended' && (
        <Button
          icon={state === 'paused' ? CirclePlay : CirclePause}
          busy={pause.isPending || resume.isPending}
          onClick={() => (state === 'paused' ? resume : pause).mutate({ params }, { onError: tellError })}
        >
          {state === 'paused' ? 'Resume' : 'Pause'}
        </Button>
      )}
      <Button icon={Play} busy={run.isPending} onClick={() => run.mutate({ params }, { onError: tellError })}>
        Run now
      </Button>
      <Button icon={Pencil} onClick={onEdit}>
        Edit
      </Button>
      <Menu trigger={<IconButton icon={Ellipsis} name={`More for ${name}`} />}>
        <MenuItem icon={Trash} danger onSelect={() => setRemoving(true)}>
          Remove…
        </MenuItem>
      </Menu>
      <Confirm
        open={isRemoving}
        onClose={() => setRemoving(false)}
        title={`Remove ${name}?`}
        consequence="The schedule goes, with its receipts. Runs that it started stay, and go on."
        verb="Remove the schedule"
        busy={remove.isPending}
        fault={remove.error && <ErrorBox error={remove.error} />}
        onConfirm={() => remove.mutate({ params })}
      />
    </>
  );
}

function Receipts({ id }: { readonly id: string }) {
  const [status, setStatus] = useAddress('status');
  const chosen = receiptStatuses.find((one) => one === status);
  const receipts = usePages(listReceiptsRoute, { params: { id }, query: { status: chosen } });
  return (
    <section aria-label="Receipts" className="flex min-h-60 flex-1 flex-col">
      <div className="flex items-center justify-between px-6 py-2">
        <h2 className="text-sm font-semibold">Receipts</h2>
        <FilterChip
          name="Status"
          value={chosen ?? null}
          onChange={setStatus}
          options={receiptStatuses.map((one) => ({ value: one, label: one === 'run' ? 'Run' : lookOf(one).word }))}
        />
      </div>
      {receipts.isPending && <SkeletonRows rows={4} />}
      {receipts.error && !receipts.data && <ErrorBox error={receipts.error} />}
      {receipts.data && receipts.items.length === 0 && (
        <p className="px-6 py-3 text-sm text-ink-3">
          {chosen
            ? 'None with this status.'
            : 'Nothing came due yet. Each instant will stand here, whatever becomes of it.'}
        </p>
      )}
      {receipts.items.length > 0 && (
        <List
          label="Receipts"
          items={receipts.items}
          columns={columns}
          rowHeight={36}
          keyOf={(receipt) => receipt.id}
          linkOf={linkOfWork}
          isFaint={(receipt) => receipt.status === 'skipped'}
          hasMore={receipts.hasNextPage}
          isLoadingMore={receipts.isFetchingNextPage}
          onMore={() => void receipts.fetchNextPage()}
        />
      )}
    </section>
  );
}

export function SchedulePage() {
  const { id = '' } = useParams();
  const may = useMay()('schedules.write');
  const schedule = useRead(readScheduleRoute, { params: { id } });
  const [isEditing, setEditing] = useAddress('edit');
  const { data } = schedule;
  return (
    <Page
      title={data?.name ?? 'Schedule'}
      crumbs={[{ label: 'Schedules', to: '/schedules' }]}
      lead={data && <StateBadge state={data.state} />}
      fixed
      actions={data && may && <Actions schedule={data} onEdit={() => setEditing('1')} />}
    >
      {schedule.isPending && <SkeletonRows />}
      {schedule.error && !data && (
        <PageError
          error={schedule.error}
          onRetry={() => void schedule.refetch()}
          back={{ to: '/schedules', label: 'See all schedules' }}
        />
      )}
      {data && (
        <>
          <div className="flex flex-col gap-3 px-6 pb-2">
            {data.openAlerts.map((message) => (
              <p key={message} role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
                {message}
              </p>
            ))}
            <div className="grid gap-6 md:grid-cols-2">
              <Facts schedule={data} />
              {data.state !== 'ended' && (
                <NextInstants
                  label="Coming instants"
                  spec={data}
                  zone={data.timing.kind === 'cron' ? data.timing.zone : undefined}
                />
              )}
            </div>
          </div>
          <Receipts id={id} />
          {isEditing !== null && may && <ScheduleDialog schedule={data} onClose={() => setEditing(null)} />}
        </>
      )}
    </Page>
  );
}
