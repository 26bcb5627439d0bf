// Where the bar of a node stands on the timeline of its run. Pure.
import type { NodeRun } from '@gathering/contract/pipelines';

interface Bar {
  readonly left: number;
  readonly width: number;
}

/** Where a node's bar stands, in percent of the run. Null: it never began. */
export function barOf(node: Pick<NodeRun, 'startedAt' | 'endedAt' | 'status'>, from: number, to: number): Bar | null {
  if (node.startedAt === null || node.status === 'skipped') return null;
  const total = Math.max(1, to - from);
  const begin = Date.parse(node.startedAt) - from;
  const end = (node.endedAt === null ? to : Date.parse(node.endedAt)) - from;
  const left = Math.min(100, Math.max(0, (begin / total) * 100));
  return { left, width: Math.max(1.2, Math.min(100 - left, ((end - begin) / total) * 100)) };
}
