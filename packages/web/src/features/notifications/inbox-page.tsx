// The inbox: what a person must hear. Opening one marks it as read.
import {
  listNotificationsRoute,
  markAllNotificationsRoute,
  markNotificationRoute,
  type Notification,
} from '@gathering/contract/notifications';
import { CheckCheck, Inbox, Mail, MailOpen } from 'lucide-react';
import { useNavigate } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { useAct, usePages } from '../../lib/query.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateIcon } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';

function Row({ item }: { readonly item: Notification }) {
  const navigate = useNavigate();
  const mark = useAct(markNotificationRoute, { refreshes: ['notifications.list'] });
  const isNew = item.readAt === null;
  const open = (): void => {
    if (isNew) mark.mutate({ params: { id: item.id }, body: { read: true } });
    if (item.link) void navigate(item.link);
  };
  return (
    <li className="relative flex items-start gap-3 px-4 py-2.5 hover:bg-hover">
      <span className="mt-0.5">
        <StateIcon state={item.urgency} size={15} label />
      </span>
      <div className="min-w-0 flex-1">
        <button
          type="button"
          onClick={open}
          className={classes(
            'block max-w-full truncate text-left after:absolute after:inset-0',
            isNew ? 'font-semibold' : 'text-ink-2',
          )}
        >
          {item.title}
        </button>
        {item.body && <p className="line-clamp-3 text-ink-2">{item.body}</p>}
      </div>
      <span className="flex items-center gap-2 text-xs text-ink-3">
        <Ago at={item.createdAt} />
        {isNew && <span role="img" aria-label="unread" className="size-1.5 rounded-full bg-accent" />}
        <span className="relative z-[1]">
          <IconButton
            icon={isNew ? MailOpen : Mail}
            name={isNew ? 'Mark as read' : 'Mark as unread'}
            size="small"
            onClick={() => mark.mutate({ params: { id: item.id }, body: { read: isNew } })}
          />
        </span>
      </span>
    </li>
  );
}

export function InboxPage() {
  const [show, setShow] = useAddress('show');
  const list = usePages(listNotificationsRoute, { query: { unread: show === 'unread' ? 'true' : undefined } });
  const markAll = useAct(markAllNotificationsRoute, { refreshes: ['notifications.list', 'operations.read-home'] });
  const hasNew = list.items.some((item) => item.readAt === null);
  return (
    <Page
      title="Inbox"
      lead="What needs you, what failed, and what you asked to be told."
      filters={
        <FilterChip name="Show" value={show} onChange={setShow} options={[{ value: 'unread', label: 'Unread only' }]} />
      }
      actions={
        <Button icon={CheckCheck} disabled={!hasNew} busy={markAll.isPending} onClick={() => markAll.mutate({})}>
          Mark all as read
        </Button>
      }
    >
      {list.isPending && <SkeletonRows />}
      {list.error && !list.data && <PageError error={list.error} onRetry={() => void list.refetch()} />}
      {list.data && list.items.length === 0 && (
        <EmptyState
          icon={Inbox}
          title="Nothing for you"
          action={show === 'unread' && <Button onClick={() => setShow(null)}>Show all</Button>}
        >
          Runs that fail or wait for a choice, and notifications of pipelines, arrive here.
        </EmptyState>
      )}
      {list.items.length > 0 && (
        <div className="flex flex-col items-start gap-3 px-6 pb-6">
          <Panel className="w-full">
            <ul className="divide-y divide-line">
              {list.items.map((item) => (
                <Row key={item.id} item={item} />
              ))}
            </ul>
          </Panel>
          {list.hasNextPage && (
            <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Earlier ones
            </Button>
          )}
        </div>
      )}
    </Page>
  );
}
