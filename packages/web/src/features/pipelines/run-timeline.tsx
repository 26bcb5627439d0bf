// When each node worked, as bars on one time axis, in step with the graph.
import { endedStatuses, type NodeRun, type Run } from '@gathering/contract/pipelines';
import { memo, useMemo } from 'react';
import { formatDuration } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';
import { classes } from '../../ui/classes.ts';
import { lookOf, StateIcon } from '../../ui/state-badge.tsx';
import { barOf } from './bar-of.ts';

const bars: Record<string, string> = {
  running: 'bg-running breathing',
  waiting: 'border border-warn bg-warn-soft',
  completed: 'bg-good',
  failed: 'bg-bad',
  timed_out: 'bg-bad',
  cancelled: 'bg-idle',
};

interface RowProps {
  readonly node: NodeRun;
  readonly from: number;
  readonly to: number;
  readonly isChosen: boolean;
  readonly onChoose: (nodeId: string) => void;
}

function lengthOf(node: NodeRun, to: number): string {
  if (node.startedAt === null || node.status === 'skipped') return lookOf(node.status).word;
  const length = (node.endedAt === null ? to : Date.parse(node.endedAt)) - Date.parse(node.startedAt);
  return formatDuration(endedStatuses.includes(node.status) ? length : Math.floor(length / 1000) * 1000);
}

const Row = memo(function Row({ node, from, to, isChosen, onChoose }: RowProps) {
  const bar = barOf(node, from, to);
  return (
    <li className="[contain-intrinsic-size:auto_42px] [content-visibility:auto]">
      <button
        type="button"
        aria-pressed={isChosen}
        onClick={() => onChoose(node.id)}
        className={classes(
          'flex w-full flex-col gap-1 px-3 py-1.5 text-left -outline-offset-2',
          isChosen ? 'bg-chosen' : 'hover:bg-hover',
        )}
      >
        <span className="flex items-center gap-2">
          <StateIcon state={node.status} size={13} />
          <span className={classes('min-w-0 flex-1 truncate text-sm', node.startedAt === null && 'text-ink-3')}>
            {node.name}
          </span>
          <span className="text-xs text-ink-3 tabular-nums">{lengthOf(node, to)}</span>
        </span>
        <span aria-hidden className="relative block h-1.5 rounded-full bg-line/60">
          {bar && (
            <span
              className={classes('absolute inset-y-0 rounded-full', bars[node.status] ?? 'bg-idle')}
              style={{ left: `${bar.left}%`, width: `${bar.width}%` }}
            />
          )}
        </span>
      </button>
    </li>
  );
});

interface RunTimelineProps {
  readonly run: Run;
  readonly chosen: string | null;
  readonly onChoose: (nodeId: string) => void;
}

export function RunTimeline({ run, chosen, onChoose }: RunTimelineProps) {
  const now = useNow(run.endedAt === null ? 'second' : 'still');
  const ordered = useMemo(
    () => [...run.nodes].sort((a, b) => (a.startedAt ?? '9').localeCompare(b.startedAt ?? '9')),
    [run.nodes],
  );
  const from = Date.parse(run.startedAt ?? run.createdAt);
  const to = run.endedAt === null ? Math.max(now, from) : Date.parse(run.endedAt);
  const length = run.endedAt === null ? Math.floor((to - from) / 1000) * 1000 : to - from;
  return (
    <section aria-label="Timeline" className="flex min-h-0 flex-1 flex-col">
      <div className="flex h-9 shrink-0 items-center justify-between border-b border-line px-3 text-xs text-ink-3">
        <span>Timeline</span>
        <span className="tabular-nums">{formatDuration(length)}</span>
      </div>
      <ol className="min-h-0 flex-1 overflow-y-auto py-1">
        {ordered.map((node) => (
          <Row key={node.id} node={node} from={from} to={to} isChosen={chosen === node.id} onChoose={onChoose} />
        ))}
      </ol>
    </section>
  );
}
