// The thread in which expressions are evaluated, so that one that never ends can be cut off.
import { type Evaluation, type ExpressionPlace, evaluateExpression, itemScopes } from '@gathering/contract/expressions';
import { serveThread } from '../../../platform/bounded-thread/serve-thread.ts';

export interface EvaluationRequest {
  readonly expressions: readonly string[];
  readonly scope: Readonly<Record<string, unknown>>;
  /** Which names the scope has; those of a node unless given. */
  readonly place?: ExpressionPlace;
  /** Evaluates all expressions for each of these, with `item` and `index`. */
  readonly items?: readonly unknown[];
}

serveThread<EvaluationRequest, Evaluation>(function* ({ expressions, scope, place, items }) {
  if (items === undefined) for (const expression of expressions) yield evaluateExpression(expression, scope, place);
  else
    for (const own of itemScopes(scope, items))
      for (const expression of expressions) yield evaluateExpression(expression, own, 'item');
});
