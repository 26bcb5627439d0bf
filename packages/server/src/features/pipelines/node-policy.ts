// What is done when a node fails, as pure decisions: whether it is tried again and when, and whether its run goes on.
import type { NodeErrorKind, OnError, PipelineNode, Retry } from '@gathering/contract/pipeline-definition';

export type NodePolicy = { readonly retry?: Retry; readonly timeoutSeconds?: number; readonly onError?: OnError };

/** As it is kept with the node of a run; null: the definition says nothing. */
export function policyOf({ retry, timeoutSeconds, onError }: PipelineNode): NodePolicy | null {
  if (retry === undefined && timeoutSeconds === undefined && onError === undefined) return null;
  return {
    ...(retry && { retry }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(onError && { onError }),
  };
}

const retriedByDefault: readonly NodeErrorKind[] = ['unavailable', 'timeout'];

/**
 * Milliseconds until the next try; null: there is none. The pause doubles from try to try up to its cap, and is shortened by
 * up to a half, so that what failed together does not come back together ("equal jitter", AWS Architecture Blog,
 * "Exponential Backoff And Jitter", 2015).
 * @param tries Tries before this one that failed.
 * @param chance From 0 to 1.
 */
export function pauseBeforeRetry(
  policy: NodePolicy | null,
  kind: NodeErrorKind,
  tries: number,
  chance: number,
): number | null {
  const retry = policy?.retry;
  if (retry === undefined || tries + 1 >= retry.attempts) return null;
  if (!(retry.on ?? retriedByDefault).includes(kind)) return null;
  const pauseMs = Math.min(retry.maxSeconds ?? 60, (retry.baseSeconds ?? 1) * 2 ** tries) * 1000;
  return pauseMs * (1 - chance / 2);
}

/** The branch that a failed node takes; undefined: its run fails with it. Null: its edges without a branch. */
export function branchAfterFailure(policy: NodePolicy | null): 'error' | null | undefined {
  if (policy?.onError === 'route') return 'error';
  return policy?.onError === 'continue' ? null : undefined;
}
