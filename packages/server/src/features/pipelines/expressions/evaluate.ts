// Evaluates expressions in a thread of another process, where each is cut off when it takes too long. An expression
// that is cut off is named; those before it keep their values.
import type { Evaluation, ExpressionPlace } from '@gathering/contract/expressions';
import { IsolatedThread } from '../../../platform/bounded-thread/isolated-thread.ts';
import type { EvaluationRequest } from './worker.ts';

const limitMs = 50;

const thread = new IsolatedThread<EvaluationRequest, Evaluation>(new URL('./worker.ts', import.meta.url), limitMs);

/** Results in the order of the expressions. Never rejects: a fault is a result with its column. */
export async function evaluateExpressions(
  expressions: readonly string[],
  scope: Readonly<Record<string, unknown>>,
  place?: ExpressionPlace,
): Promise<readonly Evaluation[]> {
  const { parts, failure } = await thread.ask({ expressions, scope, place });
  return expressions.map((_, index): Evaluation => {
    const part = parts[index];
    if (part) return part;
    const message = index === parts.length ? failure : 'it was not evaluated, since the one before it was cut off';
    return { ok: false, message: message ?? 'it gave no result', column: 1 };
  });
}
