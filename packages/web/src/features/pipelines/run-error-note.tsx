// Why a run or node failed, and the next sensible action.
import type { RunError } from '@gathering/contract/pipelines';
import { Ban, CircleX } from 'lucide-react';
import { classes } from '../../ui/classes.ts';
import { Sentence } from '../../ui/sentence.tsx';

export function RunErrorNote({
  error,
  onNode,
}: {
  readonly error: RunError;
  readonly onNode?: (nodeId: string) => void;
}) {
  const { nodeId } = error;
  // What somebody wanted is no failure.
  const isWanted = error.code === 'pipelines.cancelled';
  const Icon = isWanted ? Ban : CircleX;
  return (
    <div
      role="alert"
      className={classes('flex gap-2 rounded-md p-3 text-sm', isWanted ? 'bg-idle-soft' : 'bg-bad-soft')}
    >
      <Icon size={15} aria-hidden className={classes('mt-0.5 shrink-0', isWanted ? 'text-idle' : 'text-bad')} />
      <div className="min-w-0">
        <p className="font-medium break-words">{error.message}</p>
        {error.next && (
          <p className="text-ink-2 break-words">
            <Sentence text={error.next} />
          </p>
        )}
        <p className="mt-1 flex gap-2 text-xs text-ink-2">
          <code className="font-mono">{error.code}</code>
          {nodeId && onNode && (
            <button type="button" className="font-medium text-accent-ink underline" onClick={() => onNode(nodeId)}>
              Show node {nodeId}
            </button>
          )}
        </p>
      </div>
    </div>
  );
}
