// An edge that goes around the nodes between its ends.
import { BaseEdge, type Edge, type EdgeProps } from '@xyflow/react';
import { type Position, pathThrough } from './lay-out-graph.ts';

type BentEdge = Edge<{ readonly bends: readonly Position[] }, 'bent'>;

export function BentEdgePath({
  sourceX,
  sourceY,
  targetX,
  targetY,
  data,
  label,
  selected,
  interactionWidth,
}: EdgeProps<BentEdge>) {
  const bends = data?.bends ?? [];
  const middle = bends[Math.floor((bends.length - 1) / 2)];
  const path = pathThrough([{ x: sourceX, y: sourceY }, ...bends, { x: targetX, y: targetY }]);
  return (
    <BaseEdge
      path={path}
      label={label}
      labelX={middle?.x}
      labelY={middle?.y}
      interactionWidth={interactionWidth}
      className={selected ? 'selected' : undefined}
    />
  );
}
