// Runs of all pipelines, latest first; filters live in the address.
import { listPipelinesRoute, listRunsRoute, type RunRow, runStatuses } from '@gathering/contract/pipelines';
import { Play } from 'lucide-react';
import { useAddress } from '../../lib/address.ts';
import { formatCost, formatCount, shortId } from '../../lib/format.ts';
import { usePages, useRead } from '../../lib/query.ts';
import { LinkButton } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageError } from '../../ui/error-box.tsx';
import { FilterChip } from '../../ui/filter-chip.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { lookOf, StateBadge } from '../../ui/state-badge.tsx';
import { Ago, Elapsed } from '../../ui/time.tsx';

const columns: readonly Column<RunRow>[] = [
  {
    name: 'Pipeline',
    width: 'minmax(200px,1fr)',
    show: (run) => (
      <>
        <span className="font-medium">{run.pipelineName}</span>
        <span className="ml-2 font-mono text-xs text-ink-3">{shortId(run.id)}</span>
      </>
    ),
  },
  { name: 'State', width: '112px', show: (run) => <StateBadge state={run.status} /> },
  { name: 'Nodes', width: '72px', align: 'right', show: (run) => `${run.nodesDone} / ${run.nodesTotal}` },
  { name: 'Time', width: '92px', align: 'right', show: (run) => <Elapsed from={run.startedAt} to={run.endedAt} /> },
  { name: 'Tokens', width: '72px', align: 'right', show: (run) => formatCount(run.inputTokens + run.outputTokens) },
  { name: 'Cost', width: '80px', align: 'right', show: (run) => formatCost(run) },
  { name: 'Started', width: '104px', align: 'right', show: (run) => <Ago at={run.createdAt} /> },
];

export function RunsPage() {
  const [status, setStatus] = useAddress('status');
  const [pipelineId, setPipelineId] = useAddress('pipeline');
  const pipelines = useRead(listPipelinesRoute, { query: { limit: 200 } });
  const runs = usePages(listRunsRoute, {
    query: { status: runStatuses.find((one) => one === status), pipelineId: pipelineId ?? undefined },
  });
  const isFiltered = status !== null || pipelineId !== null;
  return (
    <Page
      title="Runs"
      lead="Every execution of a pipeline, live while it lasts."
      fixed
      filters={
        <>
          <FilterChip
            name="State"
            value={status}
            onChange={setStatus}
            options={runStatuses.map((one) => ({ value: one, label: lookOf(one).word }))}
          />
          <FilterChip
            name="Pipeline"
            value={pipelineId}
            onChange={setPipelineId}
            options={(pipelines.data?.items ?? []).map((pipeline) => ({ value: pipeline.id, label: pipeline.name }))}
          />
        </>
      }
    >
      {runs.isPending && <SkeletonRows />}
      {runs.error && !runs.data && <PageError error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.data && runs.items.length === 0 && (
        <EmptyState
          icon={Play}
          title={isFiltered ? 'No run fits these filters' : 'Nothing has run yet'}
          action={
            !isFiltered && (
              <LinkButton to="/pipelines" look="primary">
                Choose a pipeline
              </LinkButton>
            )
          }
        >
          {isFiltered
            ? 'Remove a filter to see more.'
            : 'Start a pipeline; its run appears here at once and goes on by itself, even after a restart.'}
        </EmptyState>
      )}
      {runs.items.length > 0 && (
        <List
          label="Runs"
          items={runs.items}
          columns={columns}
          keyOf={(run) => run.id}
          linkOf={(run) => `/runs/${run.id}`}
          hasMore={runs.hasNextPage}
          isLoadingMore={runs.isFetchingNextPage}
          onMore={() => void runs.fetchNextPage()}
        />
      )}
    </Page>
  );
}
