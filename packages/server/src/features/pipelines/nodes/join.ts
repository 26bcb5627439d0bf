// Waits for some of the nodes that lead to it, or for all. What comes later arrives without effect.
import type { PipelineNode } from '@gathering/contract/pipeline-definition';
import type { ControlKind } from './control-kind.ts';

export const joinNode: ControlKind<'join'> = { type: 'join', givesInput: false };

/** How many parents a node needs; null: all that were not skipped. */
export function needsOf({ type, config }: Pick<PipelineNode, 'type' | 'config'>): number | null {
  if (type !== 'join' || config.mode === 'all') return null;
  return config.mode === 'count' && typeof config.count === 'number' ? config.count : 1;
}
