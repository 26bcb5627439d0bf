// One background run, live: goal and plan at the left, its steps or its result in the middle, what people say at the right.
// Everything chosen is in the address.
import { decideTaskRoute, readTaskRoute, type Task } from '@gathering/contract/tasks';
import { CircleX, Clock } from 'lucide-react';
import { useParams } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, useRead } from '../../lib/query.ts';
import { CopyButton } from '../../ui/copy.tsx';
import { Decision } from '../../ui/decision.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { MarkdownView } from '../../ui/markdown-view.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { lookOf } from '../../ui/state-badge.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Ago } from '../../ui/time.tsx';
import { describeStop, nextStepOf, stateWordOf } from './describe-task.ts';
import { TaskHeader } from './task-header.tsx';
import { TaskPlan } from './task-plan.tsx';
import { TaskTalk } from './task-talk.tsx';
import { TaskTurns } from './task-turns.tsx';

/** What a person has to know or to do now. */
function Attention({ task }: { readonly task: Task }) {
  const may = useMay();
  const decide = useAct(decideTaskRoute, { refreshes: ['tasks.read', 'tasks.list'] });
  const { stopReason, question, retryAt } = task;
  if (task.status === 'waiting' && question !== null) {
    return (
      <div className="flex flex-col gap-2 border-b border-line p-3">
        <Decision
          question={question}
          isBusy={decide.isPending}
          onDecide={
            may('tasks.run') ? (decision) => decide.mutate({ params: { id: task.id }, body: { decision } }) : null
          }
        />
        {decide.error && <ErrorBox error={decide.error} />}
      </div>
    );
  }
  if (retryAt !== null) {
    return (
      <p className="flex items-center gap-2 border-b border-line bg-warn-soft px-4 py-2 text-sm">
        <Clock size={14} aria-hidden className="shrink-0 text-warn" />
        <span>
          Its model did not answer. It is asked again <Ago at={retryAt} />.
        </span>
      </p>
    );
  }
  if (stopReason === null || stopReason === 'completed' || stopReason === 'cancelled') return null;
  const next = nextStepOf(stopReason);
  return (
    <div role="alert" className="flex gap-2 border-b border-line bg-bad-soft px-4 py-3 text-sm">
      <CircleX size={15} aria-hidden className="mt-0.5 shrink-0 text-bad" />
      <div className="min-w-0">
        <p className="font-medium">{describeStop(stopReason)}</p>
        {task.detail && task.detail !== describeStop(stopReason) && <p className="break-words">{task.detail}</p>}
        {next && <p className="text-ink-2">{next}</p>}
      </div>
    </div>
  );
}

function Result({ task }: { readonly task: Task }) {
  if (task.result === null) {
    const text = task.endedAt === null ? 'The result appears here when it is done.' : 'It left no result.';
    return <p className="p-4 text-sm text-ink-3">{text}</p>;
  }
  return (
    <article className="flex flex-col gap-3 p-4">
      <div className="flex items-center justify-between">
        <h2 className="text-xs font-medium text-ink-3">Result</h2>
        <CopyButton text={task.result} name="Copy the result" />
      </div>
      <MarkdownView text={task.result} />
    </article>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading" className="appear-late flex h-full flex-col">
      <div className="flex h-14 items-center gap-4 border-b border-line px-6">
        <Skeleton className="h-4 w-64" />
        <Skeleton className="h-4 w-20" />
      </div>
      <div className="flex flex-1">
        <div className="flex w-80 flex-col gap-3 border-r border-line p-4">
          {[1, 2, 3, 4].map((row) => (
            <Skeleton key={row} className="h-5 w-full" />
          ))}
        </div>
        <div className="flex flex-1 flex-col gap-3 p-4">
          {[1, 2, 3].map((row) => (
            <Skeleton key={row} className="h-9 w-full" />
          ))}
        </div>
      </div>
    </div>
  );
}

function Work({ task }: { readonly task: Task }) {
  const [tab, setTab] = useAddress('tab');
  const [turn, setTurn] = useAddress('turn');
  const usual = task.endedAt !== null && task.result !== null && turn === null ? 'result' : 'steps';
  return (
    <section aria-label="Work" className="flex min-h-0 min-w-0 flex-1 flex-col max-lg:min-h-96">
      <Attention task={task} />
      <Tabs
        value={tab === 'steps' || tab === 'result' ? tab : usual}
        onChange={setTab}
        label="Of this background run"
        items={[
          { value: 'steps', label: 'Steps', content: <TaskTurns task={task} chosen={turn} onChoose={setTurn} /> },
          { value: 'result', label: 'Result', content: <Result task={task} /> },
        ]}
      />
    </section>
  );
}

export function TaskPage() {
  const { id = '' } = useParams();
  const task = useRead(readTaskRoute, { params: { id } });
  const { data } = task;
  return (
    <Page title={data?.title ?? 'Background run'} crumbs={[{ label: 'Background runs', to: '/tasks' }]} bare fixed>
      {task.isPending && <Loading />}
      {!data && task.error && (
        <PageError
          error={task.error}
          onRetry={() => void task.refetch()}
          back={{ label: 'See all background runs', to: '/tasks' }}
        />
      )}
      {data && (
        <>
          <TaskHeader task={data} />
          <p className="sr-only" aria-live="polite">
            {`${stateWordOf(data) ?? lookOf(data.status).word}, turn ${data.turns}`}
          </p>
          <div className="flex min-h-0 flex-1 max-lg:flex-col max-lg:overflow-y-auto">
            <div className="flex w-72 shrink-0 flex-col border-r border-line bg-surface max-lg:w-full max-lg:border-r-0 max-lg:border-b 2xl:w-96">
              <TaskPlan task={data} />
            </div>
            <Work task={data} />
            <div className="flex w-72 shrink-0 flex-col border-l border-line bg-surface max-lg:w-full max-lg:border-t max-lg:border-l-0 2xl:w-96">
              <TaskTalk task={data} />
            </div>
          </div>
        </>
      )}
    </Page>
  );
}
