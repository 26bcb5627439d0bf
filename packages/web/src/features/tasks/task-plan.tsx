// What a background run is about and how far it is: the goal, the plan as its agent keeps it, and its notes.
import type { Task } from '@gathering/contract/tasks';
import type { ReactNode } from 'react';
import { StateIcon } from '../../ui/state-badge.tsx';

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="flex flex-col gap-1.5">
      <h2 className="text-xs font-medium text-ink-3">{title}</h2>
      {children}
    </section>
  );
}

function Plan({ task }: { readonly task: Task }) {
  if (task.plan.length === 0) {
    const isOver = task.endedAt !== null;
    return <p className="text-sm text-ink-3">{isOver ? 'It made no plan.' : 'It has made no plan yet.'}</p>;
  }
  return (
    <ol className="flex flex-col gap-1.5">
      {task.plan.map(({ step, status }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the steps of a plan have no identity but their place
        <li key={at} className="flex gap-2 text-sm">
          <span className="mt-0.5">
            <StateIcon state={status === 'open' ? 'planned' : status} size={14} label />
          </span>
          <span className={status === 'done' || status === 'dropped' ? 'text-ink-2' : undefined}>{step}</span>
        </li>
      ))}
    </ol>
  );
}

function Progress({ percent }: { readonly percent: number }) {
  return (
    <span
      role="progressbar"
      aria-label="Progress"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className="h-1.5 w-full overflow-hidden rounded-full bg-line"
    >
      <span
        className="block h-full rounded-full bg-running transition-[width] duration-200"
        style={{ width: `${percent}%` }}
      />
    </span>
  );
}

export function TaskPlan({ task }: { readonly task: Task }) {
  return (
    <section aria-label="Goal and plan" className="flex min-h-0 flex-1 flex-col">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div tabIndex={0} className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto p-4 -outline-offset-2">
        <Part title="Goal">
          <p className="text-sm break-words whitespace-pre-wrap">{task.goal}</p>
        </Part>
        <Part title="Plan">
          {task.progress !== null && <Progress percent={task.progress} />}
          <Plan task={task} />
        </Part>
        {task.notes.length > 0 && (
          <Part title="Notes">
            <ul className="flex flex-col gap-2">
              {task.notes.map(({ turn, text }, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: notes have no identity but their place
                <li key={at} className="text-sm break-words whitespace-pre-wrap">
                  <span className="text-xs text-ink-3">Turn {turn}</span>
                  <br />
                  {text}
                </li>
              ))}
            </ul>
          </Part>
        )}
      </div>
    </section>
  );
}
