// The thread in which expressions are evaluated, so that one that never ends can be cut off.
import { parentPort } from 'node:worker_threads';
import { type Evaluation, evaluateExpression } from '@gathering/contract/expressions';

export interface EvaluationRequest {
  readonly id: number;
  readonly expressions: readonly string[];
  readonly scope: Readonly<Record<string, unknown>>;
}
export interface EvaluationReply {
  readonly id: number;
  readonly results: readonly Evaluation[];
}

parentPort?.on('message', ({ id, expressions, scope }: EvaluationRequest) => {
  const reply: EvaluationReply = {
    id,
    results: expressions.map((expression) => evaluateExpression(expression, scope)),
  };
  parentPort?.postMessage(reply);
});
