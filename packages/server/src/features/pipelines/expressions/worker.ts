// The thread in which expressions are evaluated, so that one that never ends can be cut off. It says in shared
// memory what it works on since when: whoever watches can tell a slow expression from a late message.
import { parentPort, workerData } from 'node:worker_threads';
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

/** Places in the shared memory: the request begun last, when (ms since 1970), the request ended last. */
export const places = { begun: 0, begunAt: 1, ended: 2 } as const;
export const sharedBytes = 3 * BigInt64Array.BYTES_PER_ELEMENT;

parentPort?.on('message', ({ id, expressions, scope }: EvaluationRequest) => {
  const state = new BigInt64Array(workerData as SharedArrayBuffer);
  Atomics.store(state, places.begunAt, BigInt(Date.now()));
  Atomics.store(state, places.begun, BigInt(id));
  const results = expressions.map((expression) => evaluateExpression(expression, scope));
  Atomics.store(state, places.ended, BigInt(id));
  const reply: EvaluationReply = { id, results };
  parentPort?.postMessage(reply);
});
