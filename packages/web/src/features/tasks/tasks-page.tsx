// Background runs of agents, latest first; filters live in the address.
import { listAgentsRoute } from '@gathering/contract/agents';
import { listTasksRoute, type TaskRow, taskStatuses } from '@gathering/contract/tasks';
import { Goal, Plus } from 'lucide-react';
import { useAddress } from '../../lib/address.ts';
import { formatCost, formatCount } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { usePages, useRead } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { lookOf, StateBadge } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { stateWordOf } from './describe-task.ts';
import { StartTaskDialog } from './start-task-dialog.tsx';

const columns: readonly Column<TaskRow>[] = [
  {
    name: 'Goal',
    width: 'minmax(220px,1fr)',
    show: (task) => <span className="font-medium">{task.title}</span>,
  },
  { name: 'Agent', width: '148px', show: (task) => <span className="text-ink-2">{task.agentName}</span> },
  {
    name: 'State',
    width: '112px',
    show: (task) => <StateBadge state={task.status} word={stateWordOf(task)} />,
  },
  {
    name: 'Progress',
    width: '80px',
    align: 'right',
    show: (task) => (task.progress === null ? <span className="text-ink-3">–</span> : `${task.progress} %`),
  },
  { name: 'Turns', width: '60px', align: 'right', show: (task) => task.turns },
  { name: 'Tokens', width: '72px', align: 'right', show: (task) => formatCount(task.inputTokens + task.outputTokens) },
  { name: 'Cost', width: '80px', align: 'right', show: (task) => formatCost(task) },
  { name: 'Started', width: '104px', align: 'right', show: (task) => <Ago at={task.createdAt} /> },
];

export function TasksPage() {
  const may = useMay();
  const [status, setStatus] = useAddress('status');
  const [agentId, setAgentId] = useAddress('agent');
  const [isNew, setNew] = useAddress('new');
  const agents = useRead(listAgentsRoute, { query: { limit: 200 } });
  const tasks = usePages(listTasksRoute, {
    query: { status: taskStatuses.find((one) => one === status), agentId: agentId ?? undefined },
  });
  const isFiltered = status !== null || agentId !== null;
  const newButton = may('tasks.run') && (
    <Button look="primary" icon={Plus} onClick={() => setNew('1')}>
      New background run
    </Button>
  );
  return (
    <Page
      title="Background runs"
      lead="Goals that agents work on over many turns, whether or not anybody looks."
      fixed
      actions={newButton}
      filters={
        <>
          <FilterChip
            name="State"
            value={status}
            onChange={setStatus}
            options={taskStatuses.map((one) => ({ value: one, label: lookOf(one).word }))}
          />
          <FilterChip
            name="Agent"
            value={agentId}
            onChange={setAgentId}
            options={(agents.data?.items ?? []).map((agent) => ({ value: agent.id, label: agent.name }))}
          />
        </>
      }
    >
      {tasks.isPending && <SkeletonRows />}
      {tasks.error && !tasks.data && <PageError error={tasks.error} onRetry={() => void tasks.refetch()} />}
      {tasks.data && tasks.items.length === 0 && (
        <EmptyState
          icon={Goal}
          title={isFiltered ? 'No background run fits these filters' : 'No agent works in the background'}
          action={!isFiltered && newButton}
        >
          {isFiltered
            ? 'Remove a filter to see more.'
            : 'Give an agent a goal; it plans, works turn by turn, and goes on by itself after a restart.'}
        </EmptyState>
      )}
      {tasks.items.length > 0 && (
        <List
          label="Background runs"
          items={tasks.items}
          columns={columns}
          keyOf={(task) => task.id}
          linkOf={(task) => `/tasks/${task.id}`}
          hasMore={tasks.hasNextPage}
          isLoadingMore={tasks.isFetchingNextPage}
          onMore={() => void tasks.fetchNextPage()}
        />
      )}
      {isNew !== null && may('tasks.run') && <StartTaskDialog onClose={() => setNew(null)} />}
    </Page>
  );
}
