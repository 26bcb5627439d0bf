// The graph of a run, lit by state. A node is drawn anew only when its own run changed, so that a graph of hundreds
// stays still while a few work.
import type { NodeRun, Run } from '@gathering/contract/pipelines';
import { endedStatuses } from '@gathering/contract/pipelines';
import {
  Background,
  BackgroundVariant,
  Controls,
  type Edge,
  Handle,
  MiniMap,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  type ReactFlowState,
  useReactFlow,
  useStore,
} from '@xyflow/react';
import { memo, useEffect, useMemo, useRef } from 'react';
import { formatMoney } from '../../lib/format.ts';
import { classes } from '../../ui/classes.ts';
import { lookOf, StateIcon } from '../../ui/state-badge.tsx';
import { Elapsed } from '../../ui/time.tsx';
import { BentEdgePath } from './bent-edge.tsx';
import { type Layout, nodeSize, placesOf } from './lay-out-graph.ts';
import { lookOfType } from './node-types.ts';
import { tellEdge, traceNodes } from './tell-edges.ts';

type RunNode = Node<{ readonly run: NodeRun }, 'run'>;

const rings: Record<string, string> = {
  running: 'border-running shadow-[0_0_0_3px_var(--running-soft)]',
  waiting: 'border-warn shadow-[0_0_0_3px_var(--warn-soft)]',
  completed: 'border-good/60',
  failed: 'border-bad shadow-[0_0_0_3px_var(--bad-soft)]',
  timed_out: 'border-bad shadow-[0_0_0_3px_var(--bad-soft)]',
};

const fills: Record<string, string> = {
  running: 'border-running bg-running',
  waiting: 'border-warn bg-warn',
  completed: 'border-good bg-good-soft',
  failed: 'border-bad bg-bad',
  timed_out: 'border-bad bg-bad',
};

/** So far away nobody reads: a node is then only its colour, which keeps hundreds of them quick. */
const isFarAway = (state: ReactFlowState): boolean => state.transform[2] < 0.4;

const RunNodeCard = memo(function RunNodeCard(props: NodeProps<RunNode>) {
  const isFar = useStore(isFarAway);
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} className={handle} />
      {isFar ? <FarCard {...props} /> : <NearCard {...props} />}
      <Handle type="source" position={Position.Bottom} isConnectable={false} className={handle} />
    </>
  );
});

const handle = '!size-px !min-h-0 !min-w-0 !border-0 !opacity-0';

function FarCard({ data, selected }: NodeProps<RunNode>) {
  return (
    <div
      style={nodeSize}
      title={`${data.run.name}, ${lookOf(data.run.status).word}`}
      className={classes(
        'rounded-lg border-4',
        fills[data.run.status] ?? 'border-line bg-surface',
        selected && 'outline-8 outline-offset-4 outline-accent',
      )}
    />
  );
}

function NearCard({ data, selected }: NodeProps<RunNode>) {
  const { run } = data;
  const Icon = lookOfType(run.type).icon;
  const isFaint = run.status === 'skipped' || run.status === 'cancelled';
  return (
    <div
      style={nodeSize}
      className={classes(
        'flex flex-col justify-center gap-0.5 rounded-lg border bg-surface px-3 transition-[border-color,box-shadow] duration-150',
        rings[run.status] ?? 'border-line',
        isFaint && 'border-dashed',
        selected && 'outline-2 outline-offset-2 outline-accent',
      )}
    >
      <div className="flex items-center gap-2">
        <Icon size={14} aria-hidden className="shrink-0 text-ink-3" />
        <span className={classes('min-w-0 flex-1 truncate text-sm font-medium', isFaint ? 'text-ink-3' : 'text-ink')}>
          {run.name}
        </span>
        <StateIcon state={run.status} size={15} label />
      </div>
      <div className="flex items-center gap-1.5 pl-[22px] text-xs text-ink-3 tabular-nums">
        {run.startedAt && run.status !== 'skipped' ? (
          <>
            <Elapsed from={run.startedAt} to={run.endedAt} isRunning={!endedStatuses.includes(run.status)} />
            {run.costUsd !== null && run.costUsd > 0 && <span>· {formatMoney(run.costUsd)}</span>}
            {run.attempt > 1 && <span>· try {run.attempt}</span>}
          </>
        ) : (
          lookOf(run.status).word
        )}
      </div>
    </div>
  );
}

const nodeTypes = { run: RunNodeCard };

const edgeTypes = { bent: BentEdgePath };

function miniMapColor(node: RunNode): string {
  const look: Record<string, string> = {
    running: 'var(--running)',
    waiting: 'var(--warn)',
    completed: 'var(--good)',
    failed: 'var(--bad)',
    timed_out: 'var(--bad)',
  };
  return look[node.data.run.status] ?? 'var(--line-strong)';
}

interface RunGraphProps {
  readonly run: Run;
  readonly chosen: string | null;
  readonly onChoose: (nodeId: string | null) => void;
}

/** Node objects are kept as long as nothing in them changed: the canvas compares them by identity. */
function useRunNodes(run: Run, { places }: Layout, chosen: string | null): RunNode[] {
  const before = useRef(new Map<string, RunNode>());
  return useMemo(() => {
    const next = new Map<string, RunNode>();
    for (const one of run.nodes) {
      const old = before.current.get(one.id);
      const position = places.get(one.id) ?? { x: 0, y: 0 };
      const selected = one.id === chosen;
      const isSame = old && old.data.run === one && old.selected === selected && old.position === position;
      next.set(
        one.id,
        isSame
          ? old
          : {
              id: one.id,
              type: 'run',
              position,
              selected,
              data: { run: one },
              ...nodeSize,
              ariaLabel: `${one.name}, ${lookOf(one.status).word}`,
            },
      );
    }
    before.current = next;
    return [...next.values()];
  }, [run.nodes, places, chosen]);
}

/** Moving dashes on hundreds of edges cost more than they tell. */
const maxAnimated = 60;

/** As with nodes: an edge whose state did not change stays the same object. */
function useRunEdges({ definition, nodes, endedAt }: Run, { bends }: Layout): Edge[] {
  const before = useRef(new Map<string, Edge>());
  const isEnded = endedAt !== null;
  return useMemo(() => {
    const traced = traceNodes({ definition, nodes });
    const isSmall = definition.edges.length <= maxAnimated;
    const next = definition.edges.map((edge, index): Edge => {
      const id = edge.id ?? `${edge.from}-${edge.to}-${edge.when ?? ''}-${index}`;
      const className = tellEdge(edge, traced, isEnded);
      const old = before.current.get(id);
      if (old && old.className === className) return old;
      const bent = bends.get(`${edge.from} ${edge.to}`);
      return {
        ...(bent ? { type: 'bent', data: { bends: bent } } : {}),
        id,
        source: edge.from,
        target: edge.to,
        label: edge.when,
        className,
        animated: isSmall && className === 'flowing',
        focusable: false,
        selectable: false,
      };
    });
    before.current = new Map(next.map((edge) => [edge.id, edge]));
    return next;
  }, [definition, nodes, isEnded, bends]);
}

function Canvas({ run, chosen, onChoose }: RunGraphProps) {
  const layout = useMemo(() => placesOf(run.definition.nodes, run.definition.edges), [run.definition]);
  const nodes = useRunNodes(run, layout, chosen);
  const edges = useRunEdges(run, layout);
  const flow = useReactFlow();
  const isFar = useStore(isFarAway);
  const size = useRef<HTMLDivElement>(null);
  // The panels beside the graph open and close: it stays whole in sight until the person moves it.
  const hasMoved = useRef(false);
  useEffect(() => {
    const element = size.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (!hasMoved.current) void flow.fitView({ padding: 0.06, maxZoom: 1 });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [flow]);
  return (
    <div ref={size} className="h-full min-h-0 w-full">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        // Only what a person chose here is told, never what the address chose: the two would chase each other.
        onNodesChange={(changes) => {
          for (const change of changes) if (change.type === 'select' && change.selected) onChoose(change.id);
        }}
        onPaneClick={() => onChoose(null)}
        onMoveStart={(event) => {
          if (event) hasMoved.current = true;
        }}
        fitView
        fitViewOptions={{ padding: 0.06, maxZoom: 1 }}
        minZoom={0.1}
        maxZoom={1.6}
        nodesDraggable={false}
        nodesConnectable={false}
        onlyRenderVisibleElements={nodes.length > 120}
        aria-label="Graph of the run"
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1} color="var(--line)" />
        <Controls showInteractive={false} position="bottom-left" />
        {/* While the whole is in sight, a small one of it tells nothing. */}
        {nodes.length > 24 && !isFar && (
          <MiniMap<RunNode>
            nodeColor={miniMapColor}
            style={{ width: 120, height: 90 }}
            pannable
            ariaLabel="Small map"
          />
        )}
      </ReactFlow>
    </div>
  );
}

export function RunGraph(props: RunGraphProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}
