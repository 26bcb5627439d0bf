// The canvas of the editor: draws the pipeline and turns what is done on it into edits. It holds nothing but the place of
// a node while it is being dragged.

import { branchesOf } from '@gathering/contract/branches';
import { isNodeType } from '@gathering/contract/check-graph';
import type { Fault } from '@gathering/contract/errors';
import type { PipelineDefinition, PipelineNode } from '@gathering/contract/pipeline-definition';
import {
  Background,
  BackgroundVariant,
  Controls,
  type Edge,
  type EdgeChange,
  Handle,
  type Node,
  type NodeChange,
  type NodeProps,
  Position,
  ReactFlow,
  useReactFlow,
} from '@xyflow/react';
import { TriangleAlert } from 'lucide-react';
import { type DragEvent, memo, useEffect, useMemo, useRef, useState } from 'react';
import { useMedia } from '../../lib/media.ts';
import { classes } from '../../ui/classes.ts';
import { BentEdgePath } from './bent-edge.tsx';
import { type Edit, edgeKey, nameOfNode, waysOf as namesOfWays } from './edit-graph.ts';
import { type Layout, nodeSize, type Position as Place, placesOf } from './lay-out-graph.ts';
import { lookOfType } from './node-types.ts';

type EditorNode = Node<
  {
    readonly name: string;
    readonly kind: string;
    readonly detail: string;
    readonly faults: number;
    /** Branches from left to right, parted by blanks; empty: it has none. */
    readonly ways: string;
  },
  'editor'
>;

const EditorNodeCard = memo(function EditorNodeCard({ data, selected }: NodeProps<EditorNode>) {
  const look = lookOfType(data.kind);
  const Icon = look.icon;
  return (
    <div
      style={nodeSize}
      className={classes(
        'flex flex-col justify-center gap-0.5 rounded-lg border bg-surface px-3',
        data.faults > 0 ? 'border-bad' : 'border-line-strong/60',
        selected && 'outline-2 outline-offset-2 outline-accent',
      )}
    >
      {data.kind !== 'trigger' && <Handle type="target" position={Position.Top} />}
      <div className="flex items-center gap-2">
        <Icon size={14} aria-hidden className="shrink-0 text-ink-3" />
        <span className="min-w-0 flex-1 truncate text-sm font-medium">{data.name}</span>
        {data.faults > 0 && (
          <TriangleAlert size={14} role="img" aria-label="has faults" className="shrink-0 text-bad" />
        )}
      </div>
      <div className="truncate pl-[22px] text-xs text-ink-3">{data.detail || look.name}</div>
      {data.ways === '' ? (
        <Handle type="source" position={Position.Bottom} />
      ) : (
        data.ways
          .split(' ')
          .map((way, at, all) => (
            <Handle
              key={way}
              type="source"
              id={way}
              position={Position.Bottom}
              style={{ left: `${10 + (80 * (at + 0.5)) / all.length}%` }}
              title={wordOfWay(way)}
            />
          ))
      )}
    </div>
  );
});

const nodeTypes = { editor: EditorNodeCard };
const edgeTypes = { bent: BentEdgePath };

function bent(bends: readonly Place[] | undefined): Partial<Edge> {
  return bends ? { type: 'bent', data: { bends } } : {};
}

/** Of a node without branches that routes its errors: the way without a name. No branch can be called so. */
const plainWay = ':done';
const wordOfWay = (way: string): string => (way === plainWay ? 'done' : way);

/** Of an edge without a branch: the one that it stands for. */
function handleOf({ nodes }: PipelineDefinition, from: string): string | undefined {
  const node = nodes.find((one) => one.id === from);
  const branches = node && branchesOf(node);
  if (branches) return branches.names.find((name) => name === branches.plain) ?? branches.names[0];
  return node?.onError === 'route' ? plainWay : undefined;
}

function detailOf(kind: string, config: PipelineDefinition['nodes'][number]['config']): string {
  const value = {
    agent: config.agentId,
    condition: config.expression ?? 'many ways',
    transform: config.expression,
    join: config.mode,
    wait: config.kind === 'event' ? config.event : config.key,
    approval: config.title,
    map: config.items,
    action: config.kind === 'callTool' ? config.tool : config.kind,
    delay: config.seconds ?? config.until,
  }[kind];
  if (kind === 'delay' && typeof value === 'number') return `${value} s`;
  return typeof value === 'string' ? value : '';
}

interface EditorCanvasProps {
  readonly definition: PipelineDefinition;
  readonly selected: readonly string[];
  readonly faults: readonly Fault[];
  readonly dispatch: (edit: Edit) => void;
}

/** The ways of a node leave it on the side on which they go, so that they do not cross. */
function waysOf({ nodes, edges }: PipelineDefinition, bends: Layout['bends'], node: PipelineNode): string {
  const ways = namesOfWays(node);
  const names = branchesOf(node) === null && ways.length > 0 ? [plainWay, ...ways] : ways;
  const xOf = (way: string): number | undefined => {
    const edge = edges.find((one) => one.from === node.id && (one.when ?? plainWay) === way);
    return (
      edge && (bends.get(`${edge.from} ${edge.to}`)?.[0]?.x ?? nodes.find((one) => one.id === edge.to)?.position?.x)
    );
  };
  const places = new Map(names.map((name) => [name, xOf(name)]));
  if ([...places.values()].includes(undefined)) return names.join(' ');
  return names.toSorted((one, other) => (places.get(one) ?? 0) - (places.get(other) ?? 0)).join(' ');
}

function useNodes(
  { definition, selected, faults }: EditorCanvasProps,
  bends: Layout['bends'],
  dragged: ReadonlyMap<string, Place>,
): EditorNode[] {
  const before = useRef(new Map<string, EditorNode>());
  return useMemo(() => {
    const chosen = new Set(selected);
    const counts = new Map<string, number>();
    for (const fault of faults) if (fault.nodeId) counts.set(fault.nodeId, (counts.get(fault.nodeId) ?? 0) + 1);
    const next = definition.nodes.map((node): EditorNode => {
      const data = {
        name: nameOfNode(node),
        kind: node.type,
        detail: detailOf(node.type, node.config),
        faults: counts.get(node.id) ?? 0,
        ways: waysOf(definition, bends, node),
      };
      const old = before.current.get(node.id);
      const position = dragged.get(node.id) ?? node.position ?? { x: 0, y: 0 };
      const isSelected = chosen.has(node.id);
      const isSameData =
        old !== undefined && Object.entries(data).every(([key, value]) => old.data[key as keyof typeof data] === value);
      if (
        old &&
        isSameData &&
        old.position.x === position.x &&
        old.position.y === position.y &&
        old.selected === isSelected
      )
        return old;
      return {
        id: node.id,
        type: 'editor',
        position,
        selected: isSelected,
        data: isSameData ? old.data : data,
        ...nodeSize,
        ariaLabel: `${lookOfType(node.type).name} ${data.name}`,
      };
    });
    before.current = new Map(next.map((node) => [node.id, node]));
    return next;
  }, [definition, bends, selected, faults, dragged]);
}

/** A node that was added or chosen elsewhere comes into sight. */
function useInSight(only: string | undefined, count: number): void {
  const isStill = useMedia('(prefers-reduced-motion: reduce)');
  const flow = useReactFlow();
  useEffect(() => {
    if (only === undefined || count === 0) return;
    const node = flow.getNode(only);
    if (!node) return;
    const { x, y, zoom } = flow.getViewport();
    const canvas = document.querySelector('.react-flow')?.getBoundingClientRect();
    const left = node.position.x * zoom + x;
    const top = node.position.y * zoom + y;
    if (
      canvas &&
      (left < 0 ||
        top < 0 ||
        left > canvas.width - nodeSize.width * zoom ||
        top > canvas.height - nodeSize.height * zoom)
    ) {
      void flow.setCenter(node.position.x + nodeSize.width / 2, node.position.y + nodeSize.height / 2, {
        zoom,
        duration: isStill ? 0 : 150,
      });
    }
  }, [only, count, flow, isStill]);
}

export function EditorCanvas(props: EditorCanvasProps) {
  const { definition, selected, faults, dispatch } = props;
  const [dragged, setDragged] = useState<ReadonlyMap<string, Place>>(new Map());
  const [chosenEdges, setChosenEdges] = useState<ReadonlySet<string>>(new Set());
  const flow = useReactFlow();
  const { bends } = useMemo(() => placesOf(definition.nodes, definition.edges), [definition.nodes, definition.edges]);
  const nodes = useNodes(props, bends, dragged);
  const edges = useMemo<Edge[]>(() => {
    const faulty = new Set(faults.map((fault) => fault.edge));
    return definition.edges.map((edge) => ({
      id: edgeKey(edge),
      source: edge.from,
      target: edge.to,
      sourceHandle: edge.when ?? handleOf(definition, edge.from),
      label: edge.when,
      ...bent(bends.get(`${edge.from} ${edge.to}`)),
      selected: chosenEdges.has(edgeKey(edge)),
      className: faulty.has(`${edge.from} -> ${edge.to}`) ? 'faulty' : undefined,
      ariaLabel: `From ${edge.from} to ${edge.to}`,
    }));
  }, [definition, faults, chosenEdges, bends]);

  const changeNodes = (changes: NodeChange<EditorNode>[]): void => {
    const moves: Array<{ id: string; position: Place }> = [];
    const drags = new Map(dragged);
    const chosen = new Set(selected);
    for (const change of changes) {
      if (change.type === 'select') {
        if (change.selected) chosen.add(change.id);
        else chosen.delete(change.id);
      }
      if (change.type !== 'position' || !change.position) continue;
      const position = { x: Math.round(change.position.x), y: Math.round(change.position.y) };
      if (change.dragging) drags.set(change.id, position);
      else {
        drags.delete(change.id);
        moves.push({ id: change.id, position });
      }
    }
    if (changes.some((change) => change.type === 'select')) dispatch({ do: 'select', ids: [...chosen] });
    if (drags.size > 0 || dragged.size > 0) setDragged(drags);
    const real = moves.filter((move) => {
      const old = definition.nodes.find((node) => node.id === move.id)?.position;
      return old?.x !== move.position.x || old?.y !== move.position.y;
    });
    if (real.length > 0) dispatch({ do: 'move', moves: real });
  };
  const changeEdges = (changes: EdgeChange[]): void => {
    const next = new Set(chosenEdges);
    for (const change of changes) {
      if (change.type !== 'select') continue;
      if (change.selected) next.add(change.id);
      else next.delete(change.id);
    }
    setChosenEdges(next);
  };
  const drop = (event: DragEvent): void => {
    const type = event.dataTransfer.getData('application/gathering-node');
    if (!isNodeType(type)) return;
    event.preventDefault();
    const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    dispatch({ do: 'add', node: { type, position: { x: at.x - nodeSize.width / 2, y: at.y - nodeSize.height / 2 } } });
  };
  useInSight(selected.length === 1 ? selected[0] : undefined, definition.nodes.length);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      onNodesChange={changeNodes}
      onEdgesChange={changeEdges}
      onConnect={({ source, target, sourceHandle }) =>
        dispatch({
          do: 'connect',
          from: source,
          to: target,
          when: sourceHandle === plainWay ? undefined : (sourceHandle ?? undefined),
        })
      }
      isValidConnection={({ source, target }) => source !== target}
      onDelete={({ nodes: gone, edges: cut }) =>
        dispatch({ do: 'remove', nodes: gone.map((node) => node.id), edges: cut.map((edge) => edge.id) })
      }
      onDrop={drop}
      onDragOver={(event) => event.preventDefault()}
      deleteKeyCode={['Delete', 'Backspace']}
      fitView
      fitViewOptions={{ padding: 0.1, maxZoom: 1 }}
      minZoom={0.1}
      maxZoom={1.8}
      snapToGrid
      snapGrid={[4, 4]}
      aria-label="Pipeline"
    >
      <Background variant={BackgroundVariant.Dots} gap={20} size={1} color="var(--line)" />
      <Controls showInteractive={false} position="bottom-left" />
    </ReactFlow>
  );
}
