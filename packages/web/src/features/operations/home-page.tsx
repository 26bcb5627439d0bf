// Home answers four questions in this order: what needs me, what is running, what went wrong, what did it cost?
import { readHomeRoute } from '@gathering/contract/operations';
import { listPipelinesRoute } from '@gathering/contract/pipelines';
import { listProvidersRoute } from '@gathering/contract/providers';
import { CircleCheck, Play, Workflow } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type * as z from 'zod';
import { formatCount, formatMoney, plural } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useRead } from '../../lib/query.ts';
import { LinkButton } from '../../ui/button.tsx';
import { PageError } from '../../ui/error-box.tsx';
import { Page, Panel, Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StateBadge, StateIcon } from '../../ui/state-badge.tsx';
import { Ago, Elapsed } from '../../ui/time.tsx';

type Home = z.infer<typeof readHomeRoute.reply>;
type Pipelines = z.infer<typeof listPipelinesRoute.reply>;
type Providers = z.infer<typeof listProvidersRoute.reply>;

function Rows({ children }: { readonly children: ReactNode }) {
  return (
    <Panel>
      <ul className="divide-y divide-line">{children}</ul>
    </Panel>
  );
}

function Row({
  to,
  icon,
  children,
  aside,
}: {
  readonly to: string;
  readonly icon: ReactNode;
  readonly children: ReactNode;
  readonly aside: ReactNode;
}) {
  return (
    <li>
      <Link to={to} className="flex min-h-10 items-center gap-3 px-4 py-2 -outline-offset-2 hover:bg-hover">
        {icon}
        <span className="min-w-0 flex-1">{children}</span>
        <span className="flex items-center gap-3 text-xs text-ink-3">{aside}</span>
      </Link>
    </li>
  );
}

function Quiet({ children }: { readonly children: ReactNode }) {
  return (
    <p className="flex h-10 items-center gap-2 rounded-lg border border-dashed border-line px-4 text-sm text-ink-3">
      {children}
    </p>
  );
}

function Count({ value }: { readonly value: number }) {
  return value > 0 ? <span className="text-xs tabular-nums text-ink-3">{value}</span> : null;
}

function NeedsPerson({ items }: { readonly items: Home['needsPerson'] }) {
  return (
    <Section title="Needs you" aside={<Count value={items.length} />}>
      {items.length === 0 ? (
        <Quiet>
          <CircleCheck size={14} aria-hidden className="text-good" />
          Nothing waits for you.
        </Quiet>
      ) : (
        <Rows>
          {items.map((item) => (
            <Row
              key={item.notificationId}
              to={item.link ?? '/inbox'}
              icon={<StateIcon state="needs-person" label />}
              aside={<Ago at={item.createdAt} />}
            >
              <span className="block truncate font-medium">{item.title}</span>
              {item.body && <span className="line-clamp-2 text-ink-2">{item.body}</span>}
            </Row>
          ))}
        </Rows>
      )}
    </Section>
  );
}

function Progress({ done, total }: { readonly done: number; readonly total: number }) {
  return (
    <span className="flex items-center gap-2">
      <span
        role="progressbar"
        aria-label="Nodes done"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
        className="h-1.5 w-24 overflow-hidden rounded-full bg-line"
      >
        <span
          className="block h-full rounded-full bg-running transition-[width] duration-200"
          style={{ width: `${total === 0 ? 0 : (done / total) * 100}%` }}
        />
      </span>
      <span className="w-16 text-right tabular-nums">
        {done} of {total}
      </span>
    </span>
  );
}

function Running({ items, tasks }: { readonly items: Home['running']; readonly tasks: Home['tasks'] }) {
  return (
    <Section title="Running" aside={<Count value={items.length + tasks.length} />}>
      {items.length + tasks.length === 0 ? (
        <Quiet>Nothing is running.</Quiet>
      ) : (
        <Rows>
          {items.map((item) => (
            <Row
              key={item.runId}
              to={`/runs/${item.runId}`}
              icon={<StateIcon state={item.status} label />}
              aside={
                <>
                  <Progress done={item.nodesDone} total={item.nodesTotal} />
                  <span className="w-20 text-right">
                    {item.startedAt === null ? 'queued' : <Elapsed from={item.startedAt} to={null} />}
                  </span>
                </>
              }
            >
              <span className="block truncate font-medium">{item.pipelineName}</span>
            </Row>
          ))}
          {tasks.map((task) => (
            <Row
              key={task.taskId}
              to={`/tasks/${task.taskId}`}
              icon={<StateIcon state={task.status} label />}
              aside={
                <>
                  <span>
                    Turn {task.turns}
                    {task.progress !== null && `, ${task.progress} %`}
                  </span>
                  <span className="w-20 text-right">
                    {task.startedAt === null ? 'queued' : <Elapsed from={task.startedAt} to={null} />}
                  </span>
                </>
              }
            >
              <span className="block truncate font-medium">{task.title}</span>
            </Row>
          ))}
        </Rows>
      )}
    </Section>
  );
}

function Failed({ items }: { readonly items: Home['failed'] }) {
  if (items.length === 0) return null;
  return (
    <Section title="Went wrong" aside={<Count value={items.length} />}>
      <Rows>
        {items.map((item) => (
          <Row
            key={item.runId}
            to={`/runs/${item.runId}`}
            icon={<StateIcon state={item.status} label />}
            aside={item.endedAt && <Ago at={item.endedAt} />}
          >
            <span className="block truncate font-medium">{item.pipelineName}</span>
            {item.reason && <span className="line-clamp-2 text-ink-2">{item.reason}</span>}
          </Row>
        ))}
      </Rows>
    </Section>
  );
}

function Figure({ name, value, more }: { readonly name: string; readonly value: string; readonly more: string }) {
  return (
    <div className="flex flex-col gap-0.5 px-4 py-3">
      <dt className="text-xs text-ink-3">{name}</dt>
      <dd className="text-xl font-semibold tracking-tight tabular-nums">{value}</dd>
      <dd className="text-xs text-ink-2 tabular-nums">{more}</dd>
    </div>
  );
}

function Today({ today }: { readonly today: Home['today'] }) {
  return (
    <Section title="Today">
      <Panel>
        <dl className="grid grid-cols-2 divide-line lg:grid-cols-4 lg:divide-x">
          <Figure name="Cost" value={formatMoney(today.costUsd)} more={plural(today.modelCalls, 'model call')} />
          <Figure
            name="Tokens"
            value={formatCount(today.inputTokens + today.outputTokens)}
            more={`${formatCount(today.inputTokens)} in, ${formatCount(today.outputTokens)} out`}
          />
          <Figure name="Runs completed" value={String(today.runsCompleted)} more="since midnight UTC" />
          <Figure name="Runs failed" value={String(today.runsFailed)} more="since midnight UTC" />
        </dl>
      </Panel>
    </Section>
  );
}

/** While nothing ever ran: the one thing to do next, with the example that works now. */
function FirstStep({
  pipelines,
  providers,
}: {
  readonly pipelines: Pipelines;
  readonly providers: Providers | undefined;
}) {
  const may = useMay();
  // The richest one shows the most.
  const [first] = [...pipelines.items].sort((a, b) => b.nodeCount - a.nodeCount);
  const hasModel = providers?.items.some((provider) => provider.kind !== 'offline' && provider.enabled);
  if (pipelines.items.some((pipeline) => pipeline.lastRun) || !may(first ? 'pipelines.run' : 'pipelines.write'))
    return null;
  return (
    <Panel className="flex items-center gap-4 p-4">
      <span className="inline-flex size-10 shrink-0 items-center justify-center rounded-lg bg-chosen text-accent-ink">
        <Workflow size={18} aria-hidden />
      </span>
      <div className="min-w-0 flex-1">
        <h2 className="text-base font-semibold">{first ? `Start with “${first.name}”` : 'Draw your first pipeline'}</h2>
        <p className="text-sm text-ink-2">
          {first?.description || 'Agents and actions, connected in the order in which they work.'}
          {hasModel === false &&
            ' It works now with the built-in offline model; add a model provider for deeper answers.'}
        </p>
      </div>
      {first ? (
        <LinkButton to={`/pipelines/${first.id}?run=1`} look="primary" icon={Play}>
          Run it
        </LinkButton>
      ) : (
        <LinkButton to="/pipelines/new" look="primary">
          New pipeline
        </LinkButton>
      )}
    </Panel>
  );
}

function HomeSkeleton() {
  return (
    <div role="status" aria-label="Loading" className="appear-late flex flex-col gap-6">
      {[1, 2, 3].map((row) => (
        <div key={row} className="flex flex-col gap-2">
          <Skeleton className="h-4 w-24" />
          <Skeleton className="h-20 w-full" />
        </div>
      ))}
    </div>
  );
}

export function HomePage() {
  const home = useRead(readHomeRoute, {}, { every: 60_000 });
  // Read here, so that nothing moves when it arrives.
  const pipelines = useRead(listPipelinesRoute, { query: { limit: 5 } });
  const providers = useRead(listProvidersRoute, {});
  const isReady = home.data !== undefined && !pipelines.isPending && !providers.isPending;
  return (
    <Page title="Home" bare>
      <div className="mx-auto flex w-full max-w-4xl flex-col gap-6 px-6 py-6">
        {home.error && !home.data && <PageError error={home.error} onRetry={() => void home.refetch()} />}
        {!isReady && !(home.error && !home.data) && <HomeSkeleton />}
        {isReady && (
          <>
            {pipelines.data && <FirstStep pipelines={pipelines.data} providers={providers.data} />}
            <NeedsPerson items={home.data.needsPerson} />
            <Running items={home.data.running} tasks={home.data.tasks} />
            <Failed items={home.data.failed} />
            <Today today={home.data.today} />
            {home.isError && (
              <p className="text-xs text-ink-3">
                <StateBadge state="refused" word="Stale" /> Last read{' '}
                <Ago at={new Date(home.dataUpdatedAt).toISOString()} />.
              </p>
            )}
          </>
        )}
      </div>
    </Page>
  );
}
