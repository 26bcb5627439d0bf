// Faults of what a node does about its failures: retries, timeout and where an error leads.
import { branchesOf } from './branches.ts';
import type { Fault } from './errors.ts';
import type { PipelineNode } from './pipeline-definition.ts';

/** They need no work that could fail, or only wait. */
export const typesWithoutPolicy: readonly string[] = ['trigger', 'parallel', 'join', 'delay'];

/** What is done about a failure must be possible, and worth writing down. */
export function checkPolicy(node: PipelineNode, index: number, hasErrorEdge: boolean): Fault[] {
  const fault = (key: string, rule: string, message: string): Fault => ({
    at: `/nodes/${index}/${key}`,
    rule,
    message: `Node "${node.id}": ${message}`,
    nodeId: node.id,
  });
  const faults: Fault[] = [];
  if (typesWithoutPolicy.includes(node.type)) {
    for (const key of ['retry', 'timeoutSeconds', 'onError'] as const)
      if (node[key] !== undefined)
        faults.push(fault(key, 'no-policy', `a ${node.type} cannot fail, it takes no "${key}".`));
    return faults;
  }
  if (node.onError === 'route' && !hasErrorEdge)
    faults.push(fault('onError', 'error-edge', 'onError is "route", but no edge with when "error" leaves it.'));
  const plain = branchesOf(node)?.plain ?? 'always';
  if (node.onError === 'continue' && plain !== 'always')
    faults.push(
      fault('onError', 'error-edge', `onError is "continue", but it leads on by its branches only: use "route".`),
    );
  const { baseSeconds = 1, maxSeconds = 60 } = node.retry ?? {};
  if (node.retry && maxSeconds < baseSeconds)
    faults.push(
      fault(
        'retry/maxSeconds',
        'retry-pauses',
        `the longest pause (${maxSeconds} s) is shorter than the first (${baseSeconds} s).`,
      ),
    );
  return faults;
}
