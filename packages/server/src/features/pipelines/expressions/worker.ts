// The thread in which expressions are evaluated, so that one that never ends can be cut off.
import { type Evaluation, type ExpressionPlace, evaluateExpression } from '@gathering/contract/expressions';
import { serveThread } from '../../../platform/bounded-thread/serve-thread.ts';

export interface EvaluationRequest {
  readonly expressions: readonly string[];
  readonly scope: Readonly<Record<string, unknown>>;
  readonly place?: ExpressionPlace;
}

serveThread<EvaluationRequest, Evaluation>(function* ({ expressions, scope, place }) {
  for (const expression of expressions) yield evaluateExpression(expression, scope, place);
});
