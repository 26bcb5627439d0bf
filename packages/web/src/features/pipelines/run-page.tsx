// The run view: the graph in the middle lit live with the timeline at the left in sync, or the times of the nodes on one axis; the
// chosen node at the right, state, time and cost at the top. Everything chosen is in the address.
import { type Run, readRunRoute } from '@gathering/contract/pipelines';
import { ChartGantt, FileText, Workflow } from 'lucide-react';
import { type ReactNode, useCallback } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { formatCost, formatCount, shortId } from '../../lib/format.ts';
import { useRead } from '../../lib/query.ts';
import { classes } from '../../ui/classes.ts';
import { CopyText } from '../../ui/copy.tsx';
import { PageError } from '../../ui/error-box.tsx';
import { MarkdownView } from '../../ui/markdown-view.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { lookOf, StateBadge } from '../../ui/state-badge.tsx';
import { Ago, Elapsed } from '../../ui/time.tsx';
import { reportOfRun } from './read-step.ts';
import { RunActions } from './run-actions.tsx';
import { RunControlsBar } from './run-controls-bar.tsx';
import { RunGantt } from './run-gantt.tsx';
import { RunGraph } from './run-graph.tsx';
import { RunNodePanel } from './run-node-panel.tsx';
import { ReportActions, RunSummary } from './run-summary.tsx';
import { RunTimeline } from './run-timeline.tsx';

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="flex items-baseline gap-1.5">
      <dt className="text-ink-3">{name}</dt>
      <dd className="font-medium tabular-nums">{children}</dd>
    </div>
  );
}

type View = 'graph' | 'times' | 'report';

interface ViewSwitchProps {
  readonly view: View;
  readonly hasReport: boolean;
  readonly onChange: (view: View) => void;
}

function ViewSwitch({ view, hasReport, onChange }: ViewSwitchProps) {
  const items = [
    { value: 'graph', label: 'Graph', icon: Workflow },
    { value: 'times', label: 'Times', icon: ChartGantt },
    ...(hasReport ? [{ value: 'report', label: 'Report', icon: FileText } as const] : []),
  ] as const;
  return (
    <fieldset aria-label="View" className="inline-flex h-8 items-center rounded-md border border-line bg-sunken p-0.5">
      {items.map(({ value, label, icon: Icon }) => (
        <button
          key={value}
          type="button"
          aria-pressed={view === value}
          onClick={() => onChange(value)}
          className={classes(
            'inline-flex h-full items-center gap-1.5 rounded-sm px-2 text-sm',
            view === value ? 'border border-line bg-raised font-medium text-ink' : 'text-ink-2 hover:text-ink',
          )}
        >
          <Icon size={13} aria-hidden />
          {label}
        </button>
      ))}
    </fieldset>
  );
}

interface RunHeaderProps {
  readonly run: Run;
  readonly view: View;
  readonly onView: (view: View) => void;
}

/** What can be done stays where it is, whatever is told of the run below. */
function RunHeader({ run, view, onView }: RunHeaderProps) {
  return (
    <header className="flex shrink-0 flex-col gap-1.5 border-b border-line bg-surface px-6 py-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="flex min-w-0 flex-[1_1_16rem] items-center gap-3">
          <h2 className="truncate text-base font-semibold tracking-tight" title={run.pipelineName}>
            {run.pipelineName}
          </h2>
          <span role="status">
            <StateBadge state={run.status} />
          </span>
          <CopyText text={run.id} what="run id" />
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <ViewSwitch view={view} hasReport={reportOfRun(run) !== null} onChange={onView} />
          <RunActions run={run} />
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-x-5 gap-y-1 text-xs">
        <dl className="flex flex-wrap items-center gap-x-5 gap-y-1">
          <Fact name="Elapsed">
            {run.startedAt ? <Elapsed from={run.startedAt} to={run.endedAt} /> : 'not yet begun'}
          </Fact>
          <Fact name="Nodes">
            {run.nodesDone} of {run.nodesTotal}
          </Fact>
          {run.pipelineId && <Fact name="Version">{run.pipelineVersion ?? 'draft'}</Fact>}
          <Fact name="Tokens">{formatCount(run.inputTokens + run.outputTokens)}</Fact>
          <Fact name="Cost">{formatCost(run)}</Fact>
          <Fact name={run.status === 'pending' ? 'Queued' : 'Started'}>
            <Ago at={run.createdAt} />
          </Fact>
          {run.parent && (
            <Fact name="Part of">
              <Link
                to={`/runs/${run.parent.runId}?node=${encodeURIComponent(run.parent.nodeId)}`}
                className="text-accent-ink hover:underline"
              >
                another run
              </Link>
            </Fact>
          )}
        </dl>
        <RunControlsBar run={run} />
      </div>
    </header>
  );
}

function RunSkeleton() {
  return (
    <div role="status" aria-label="Loading" className="appear-late flex h-full flex-col">
      <div className="flex h-18 items-center gap-4 border-b border-line px-6">
        <Skeleton className="h-4 w-48" />
        <Skeleton className="h-4 w-20" />
      </div>
      <div className="flex flex-1">
        <div className="flex w-56 flex-col gap-4 border-r border-line p-3">
          {[1, 2, 3, 4].map((row) => (
            <Skeleton key={row} className="h-6 w-full" />
          ))}
        </div>
        <div className="flex flex-1 flex-col items-center gap-10 pt-16">
          {[1, 2, 3].map((row) => (
            <Skeleton key={row} className="h-14 w-48" />
          ))}
        </div>
        <div className="w-96 border-l border-line" />
      </div>
    </div>
  );
}

function Report({ report }: { readonly report: string }) {
  return (
    <div className="min-h-0 flex-1 overflow-y-auto bg-surface">
      <article className="mx-auto flex max-w-3xl flex-col gap-4 px-6 py-6">
        <div className="flex items-center gap-2">
          <ReportActions report={report} />
        </div>
        <MarkdownView text={report} level={1} />
      </article>
    </div>
  );
}

export function RunPage() {
  const { id = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const run = useRead(readRunRoute, { params: { id } });
  const chosen = search.get('node');
  const set = useCallback(
    (changes: Record<string, string | null>) => {
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [name, value] of Object.entries(changes)) {
            if (value === null) next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: true },
      );
    },
    [setSearch],
  );
  const choose = useCallback((nodeId: string | null) => set({ node: nodeId, tab: null }), [set]);
  const data = run.data;
  const node = data?.nodes.find((one) => one.id === chosen);
  const report = data ? reportOfRun(data) : null;
  const asked = search.get('view');
  const view: View = asked === 'times' || (asked === 'report' && report !== null) ? asked : 'graph';
  return (
    <Page
      title={data ? `${data.pipelineName} ${shortId(data.id)}` : 'Run'}
      crumbs={[{ label: 'Runs', to: '/runs' }]}
      bare
      fixed
    >
      {run.isPending && <RunSkeleton />}
      {!data && run.error && (
        <PageError error={run.error} onRetry={() => void run.refetch()} back={{ label: 'See all runs', to: '/runs' }} />
      )}
      {data && (
        <>
          <RunHeader run={data} view={view} onView={(next) => set({ view: next === 'graph' ? null : next })} />
          <p
            className="sr-only"
            aria-live="polite"
          >{`${lookOf(data.status).word}, ${data.nodesDone} of ${data.nodesTotal} nodes done`}</p>
          {view === 'report' && report !== null ? (
            <Report report={report} />
          ) : (
            <div className="flex min-h-0 flex-1 max-lg:flex-col max-lg:overflow-y-auto">
              {view === 'graph' && (
                <div className="flex w-52 shrink-0 flex-col border-r 2xl:w-72 border-line bg-surface">
                  <RunTimeline run={data} chosen={chosen} onChoose={choose} />
                </div>
              )}
              <div className="min-w-0 flex-1 max-lg:h-[26rem] max-lg:flex-none max-lg:shrink-0">
                {view === 'graph' ? (
                  <RunGraph run={data} chosen={chosen} onChoose={choose} />
                ) : (
                  <RunGantt run={data} chosen={chosen} onChoose={choose} />
                )}
              </div>
              <div className="flex w-[22rem] shrink-0 flex-col border-l border-line bg-surface max-lg:order-1 max-lg:w-full max-lg:border-t 2xl:w-[30rem]">
                {node ? (
                  <RunNodePanel key={node.id} run={data} node={node} onClose={() => choose(null)} />
                ) : (
                  <RunSummary run={data} onNode={choose} onReport={() => set({ view: 'report' })} />
                )}
              </div>
            </div>
          )}
        </>
      )}
    </Page>
  );
}
