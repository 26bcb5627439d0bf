// The head of a background run: how it stands, what it has spent, and what one can do with it.
import {
  activeTaskStatuses,
  cancelTaskRoute,
  pauseTaskRoute,
  resumeTaskRoute,
  type Task,
} from '@gathering/contract/tasks';
import { Ban, Pause, Play } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { formatCost, formatCount } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useAct } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Ago, Elapsed } from '../../ui/time.tsx';
import { stateWordOf } from './describe-task.ts';

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="flex flex-col">
      <dt className="text-xs text-ink-3">{name}</dt>
      <dd className="text-sm font-medium tabular-nums">{children}</dd>
    </div>
  );
}

function Facts({ task }: { readonly task: Task }) {
  const { limits } = task;
  const tokens = task.inputTokens + task.outputTokens;
  return (
    <dl className="flex flex-wrap items-center gap-x-5 gap-y-1">
      <Fact name="Agent">
        <Link to={`/agents/${task.agentId}`} className="text-accent-ink hover:underline">
          {task.agentName}
        </Link>
      </Fact>
      <Fact name="Progress">{task.progress === null ? 'not told' : `${task.progress} %`}</Fact>
      <Fact name="Turn">{task.turns}</Fact>
      <Fact name="Steps">
        {formatCount(task.steps)} of {formatCount(limits.maxSteps)}
      </Fact>
      <Fact name="Tokens">
        {formatCount(tokens)} of {formatCount(limits.maxTokens)}
      </Fact>
      <Fact name="Cost">
        {formatCost(task)}
        {limits.maxCostUsd !== null && ` of $${limits.maxCostUsd}`}
      </Fact>
      <Fact name="Elapsed">
        {task.startedAt ? <Elapsed from={task.startedAt} to={task.endedAt} /> : 'not yet begun'}
      </Fact>
      <Fact name="Started">
        <Ago at={task.createdAt} />
      </Fact>
    </dl>
  );
}

function Actions({ task }: { readonly task: Task }) {
  const [isAsking, setAsking] = useState(false);
  const refreshes = ['tasks.read', 'tasks.list'];
  const pause = useAct(pauseTaskRoute, { refreshes });
  const resume = useAct(resumeTaskRoute, { refreshes });
  const cancel = useAct(cancelTaskRoute, { refreshes, onDone: () => setAsking(false) });
  const input = { params: { id: task.id } };
  const error = pause.error ?? resume.error;
  return (
    <>
      <div className="ml-auto flex items-center gap-2">
        {task.status === 'paused' || task.pauseRequested ? (
          <Button icon={Play} busy={resume.isPending} onClick={() => resume.mutate(input)}>
            Resume
          </Button>
        ) : (
          <Button icon={Pause} busy={pause.isPending} onClick={() => pause.mutate(input)}>
            Pause
          </Button>
        )}
        <Button look="danger" icon={Ban} onClick={() => setAsking(true)}>
          Cancel
        </Button>
      </div>
      {error && (
        <div className="w-full">
          <ErrorBox error={error} />
        </div>
      )}
      <Confirm
        open={isAsking}
        onClose={() => setAsking(false)}
        title="Cancel this background run?"
        consequence="Its model and its tools are stopped at once, and it does not go on. What it did stays readable."
        verb="Cancel the background run"
        busy={cancel.isPending}
        fault={cancel.error && <ErrorBox error={cancel.error} />}
        onConfirm={() => cancel.mutate(input)}
      />
    </>
  );
}

export function TaskHeader({ task }: { readonly task: Task }) {
  const may = useMay();
  return (
    <header className="flex shrink-0 flex-col gap-2 border-b border-line bg-surface px-6 py-2.5">
      <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
        <p className="min-w-0 truncate text-base font-semibold tracking-tight">{task.title}</p>
        <span role="status">
          <StateBadge state={task.status} word={stateWordOf(task)} />
        </span>
        {may('tasks.run') && activeTaskStatuses.includes(task.status) && <Actions task={task} />}
      </div>
      <Facts task={task} />
    </header>
  );
}
