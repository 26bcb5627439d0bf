// Every node type: those that a worker runs, and those that are decided in the settling transaction.
import type { NodeType } from '@gathering/contract/pipeline-definition';
import { actionNode } from './action.ts';
import { agentNode } from './agent.ts';
import { approvalNode } from './approval.ts';
import { conditionNode } from './condition.ts';
import { delayNode } from './delay.ts';
import { mapNode } from './map.ts';
import type { NodeKind } from './node-kind.ts';
import { pipelineNode } from './pipeline.ts';
import { transformNode } from './transform.ts';
import { waitNode } from './wait.ts';

const workKinds = {
  action: actionNode,
  agent: agentNode,
  approval: approvalNode,
  condition: conditionNode,
  delay: delayNode,
  map: mapNode,
  pipeline: pipelineNode,
  transform: transformNode,
  wait: waitNode,
} as const;

/** The kind that works on nodes of this type; undefined: a control type or an unknown one. */
export function findNodeKind(type: string): NodeKind<NodeType> | undefined {
  return Object.hasOwn(workKinds, type) ? (workKinds[type as keyof typeof workKinds] as NodeKind<NodeType>) : undefined;
}
