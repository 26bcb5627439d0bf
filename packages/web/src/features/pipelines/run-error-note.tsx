// Why a run or node failed, and the next sensible action.
import type { RunError } from '@gathering/contract/pipelines';
import { CircleX } from 'lucide-react';
import { Sentence } from '../../ui/sentence.tsx';

export function RunErrorNote({
  error,
  onNode,
}: {
  readonly error: RunError;
  readonly onNode?: (nodeId: string) => void;
}) {
  const { nodeId } = error;
  return (
    <div role="alert" className="flex gap-2 rounded-md bg-bad-soft p-3 text-sm">
      <CircleX size={15} aria-hidden className="mt-0.5 shrink-0 text-bad" />
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
