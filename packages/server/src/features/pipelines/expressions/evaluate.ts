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
  return expressions.map((_, index) => parts[index] ?? missing(index, parts.length, failure));
}

/** The same for each item of a list; each expression has its own limit of time. */
export async function evaluateForEach(
  expressions: readonly string[],
  scope: Readonly<Record<string, unknown>>,
  items: readonly unknown[],
): Promise<readonly (readonly Evaluation[])[]> {
  const { parts, failure } = await thread.ask({ expressions, scope, items });
  return items.map((_, item) =>
    expressions.map((_, index) => {
      const place = item * expressions.length + index;
      return parts[place] ?? missing(place, parts.length, failure);
    }),
  );
}

/** Whether an event is what somebody waits for; `cut`: that was not found out in time. */
export async function matchEvent(match: string, scope: { event: unknown; key: unknown }): Promise<boolean | 'cut'> {
  const { parts } = await thread.ask({ expressions: [match], scope, place: 'wait' });
  const [result] = parts;
  // What an event does not have makes an expression over it fail: it is another event.
  return result === undefined ? 'cut' : result.ok && result.value === true;
}

function missing(place: number, ended: number, failure: string | null | undefined): Evaluation {
  const message = place === ended ? failure : 'it was not evaluated, since the one before it was cut off';
  return { ok: false, message: message ?? 'it gave no result', column: 1 };
}
