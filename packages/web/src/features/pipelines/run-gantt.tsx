// When each node worked, tried and waited, as bars on one time axis. Zoomed by buttons, walked through with the arrow keys;
// what is under the pointer or in focus is told in words below.
import type { NodeRun, Run } from '@gathering/contract/pipelines';
import { Maximize2, ZoomIn, ZoomOut } from 'lucide-react';
import { type KeyboardEvent, memo, useMemo, useState } from 'react';
import { formatClock, formatDuration } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';
import { IconButton } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { lookOf, StateIcon } from '../../ui/state-badge.tsx';
import { marksOf, type Span, spansOf } from './spans-of.ts';

const inks: Record<string, string> = {
  running: 'bg-running',
  completed: 'bg-good',
  failed: 'bg-bad',
  timed_out: 'bg-bad',
  cancelled: 'bg-idle',
};
const words: Record<Span['kind'], string> = {
  try: 'failed try',
  wait: 'wait',
  decision: 'wait for a person',
  work: 'work',
};

function inkOf(span: Span, status: string): string {
  if (span.kind === 'try') return 'bg-bad opacity-70';
  if (span.kind === 'wait' || span.kind === 'decision') return 'border border-warn bg-warn-soft';
  return inks[status] ?? 'bg-running';
}

interface Axis {
  readonly from: number;
  readonly length: number;
}

const placeOf = (span: Span, { from, length }: Axis) => ({
  left: `${((span.from - from) / length) * 100}%`,
  width: `max(3px, ${((span.to - span.from) / length) * 100}%)`,
});

interface RowProps {
  readonly node: NodeRun;
  readonly spans: readonly Span[];
  readonly axis: Axis;
  readonly isChosen: boolean;
  readonly isReachable: boolean;
  readonly onChoose: (nodeId: string) => void;
  readonly onLook: (nodeId: string) => void;
}

const Row = memo(function Row({ node, spans, axis, isChosen, isReachable, onChoose, onLook }: RowProps) {
  return (
    <li className="[contain-intrinsic-size:auto_32px] [content-visibility:auto]">
      <button
        type="button"
        data-gantt-row={node.id}
        aria-pressed={isChosen}
        aria-label={`${node.name}, ${tellNode(node, spans)}`}
        tabIndex={isReachable ? 0 : -1}
        onClick={() => onChoose(node.id)}
        onFocus={() => onLook(node.id)}
        onPointerEnter={() => onLook(node.id)}
        className={classes(
          'flex h-8 w-full items-center text-left -outline-offset-2',
          isChosen ? 'bg-chosen' : 'hover:bg-hover',
        )}
      >
        <span
          className={classes(
            'sticky left-0 z-10 flex h-full w-52 shrink-0 items-center gap-2 border-r border-line px-3',
            isChosen ? 'bg-chosen' : 'bg-surface',
          )}
        >
          <StateIcon state={node.status} size={13} />
          <span className={classes('min-w-0 flex-1 truncate text-sm', spans.length === 0 && 'text-ink-3')}>
            {node.name}
          </span>
        </span>
        <span aria-hidden className="relative mx-3 block h-3 flex-1">
          {spans.map((span) => (
            <span
              key={`${span.kind} ${span.from}`}
              className={classes('absolute inset-y-0 rounded-xs', inkOf(span, node.status))}
              style={placeOf(span, axis)}
            />
          ))}
        </span>
      </button>
    </li>
  );
});

/** The whole of a row in words. */
function tellNode(node: NodeRun, spans: readonly Span[]): string {
  if (node.copied) return 'taken over from the run that this one was forked from';
  if (spans.length === 0) return lookOf(node.status).word;
  const parts = spans.map(
    (span) =>
      `${words[span.kind]} ${formatDuration(span.to - span.from)}${span.isOpen ? ' so far' : ''}${span.code === null ? '' : ` (${span.code})`}`,
  );
  return `${lookOf(node.status).word}: ${parts.join(', ')}`;
}

function Scale({ axis, zoom }: { readonly axis: Axis; readonly zoom: number }) {
  return (
    <div className="sticky top-0 z-20 flex h-8 border-b border-line bg-surface text-xs text-ink-3">
      <span className="sticky left-0 z-10 flex w-52 shrink-0 items-center border-r border-line bg-surface px-3">
        Node
      </span>
      <span aria-hidden className="relative mx-3 flex-1">
        {marksOf(axis.length, 6 * zoom).map((mark) => (
          <span
            key={mark}
            className="absolute inset-y-0 flex items-center border-l border-line pl-1 whitespace-nowrap tabular-nums"
            style={{ left: `${(mark / axis.length) * 100}%` }}
          >
            {/* At the end there is no room for words. */}
            {mark <= axis.length * (1 - 0.1 / zoom) && formatDuration(mark)}
          </span>
        ))}
      </span>
    </div>
  );
}

/** Up and down, Home and End go from row to row. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-gantt-row]')];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (next === undefined || at < 0) return;
  event.preventDefault();
  rows[Math.min(rows.length - 1, Math.max(0, next))]?.focus();
}

interface RunGanttProps {
  readonly run: Run;
  readonly chosen: string | null;
  readonly onChoose: (nodeId: string) => void;
}

const largestZoom = 32;

export function RunGantt({ run, chosen, onChoose }: RunGanttProps) {
  const now = useNow(run.endedAt === null ? 'second' : 'still');
  const [zoom, setZoom] = useState(1);
  const [looked, setLooked] = useState<string | null>(null);
  const rows = useMemo(
    () =>
      run.nodes
        .map((node) => ({ node, spans: spansOf(node, now) }))
        .sort((a, b) => (a.spans[0]?.from ?? Number.MAX_SAFE_INTEGER) - (b.spans[0]?.from ?? Number.MAX_SAFE_INTEGER)),
    [run.nodes, now],
  );
  const from = Date.parse(run.startedAt ?? run.createdAt);
  // Also of a run of which nothing has begun yet, or nothing does because it is paused.
  const reached = run.endedAt === null ? Math.max(from, now) : from;
  const to = Math.max(reached, ...rows.map(({ spans }) => spans.at(-1)?.to ?? from));
  const length = Math.max(1, to - from);
  const axis = useMemo(() => ({ from, length }), [from, length]);
  const told = rows.find(({ node }) => node.id === looked) ?? rows.find(({ node }) => node.id === chosen);
  const reachable = told?.node.id ?? rows[0]?.node.id;
  return (
    <section aria-label="Times of the nodes" className="flex h-full min-h-0 flex-col bg-surface">
      <div className="flex h-9 shrink-0 items-center gap-1 border-b border-line px-3 text-xs text-ink-3">
        <span className="flex-1 tabular-nums">
          {formatClock(new Date(from).toISOString())} to {formatClock(new Date(to).toISOString())},{' '}
          {formatDuration(length)}
        </span>
        <IconButton
          icon={ZoomOut}
          size="small"
          name="Zoom out"
          disabled={zoom === 1}
          onClick={() => setZoom(zoom / 2)}
        />
        <IconButton
          icon={ZoomIn}
          size="small"
          name="Zoom in"
          disabled={zoom >= largestZoom}
          onClick={() => setZoom(zoom * 2)}
        />
        <IconButton
          icon={Maximize2}
          size="small"
          name="Fit the whole run"
          disabled={zoom === 1}
          onClick={() => setZoom(1)}
        />
      </div>
      <div className="min-h-0 flex-1 overflow-auto">
        <div style={{ width: `${zoom * 100}%` }} className="min-w-full">
          <Scale axis={axis} zoom={zoom} />
          <ol onKeyDown={walk}>
            {rows.map(({ node, spans }) => (
              <Row
                key={node.id}
                node={node}
                spans={spans}
                axis={axis}
                isChosen={chosen === node.id}
                isReachable={reachable === node.id}
                onChoose={onChoose}
                onLook={setLooked}
              />
            ))}
          </ol>
        </div>
      </div>
      <p className="h-16 shrink-0 overflow-y-auto border-t border-line px-3 py-2 text-xs text-ink-2 tabular-nums">
        {told
          ? `${told.node.name}. ${tellNode(told.node, told.spans)}`
          : 'Point at a row, or walk with the arrow keys.'}
      </p>
    </section>
  );
}
