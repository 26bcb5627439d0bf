// How each node type is shown and what a new one begins with. The types themselves are the contract's.

import type { Json } from '@gathering/contract/json';
import type { NodeType } from '@gathering/contract/pipeline-definition';
import type { LucideIcon } from 'lucide-react';
import {
  Bot,
  CircleHelp,
  GitBranch,
  Hourglass,
  Merge,
  Play,
  Repeat,
  Split,
  Stamp,
  Timer,
  Variable,
  Workflow,
  Zap,
} from 'lucide-react';

interface NodeTypeLook {
  readonly icon: LucideIcon;
  readonly name: string;
  readonly about: string;
  readonly config: Record<string, Json>;
}

export const nodeTypeLooks: Record<NodeType, NodeTypeLook> = {
  trigger: { icon: Play, name: 'Trigger', about: 'Where a run begins, and what it must be given.', config: {} },
  agent: {
    icon: Bot,
    name: 'Agent',
    about: 'An agent works on a task with its tools.',
    config: { agentId: '', task: '' },
  },
  condition: {
    icon: GitBranch,
    name: 'Condition',
    about: 'Goes one of two or of many ways.',
    config: { expression: '' },
  },
  action: {
    icon: Zap,
    name: 'Action',
    about: 'Notifies, calls an API or a tool.',
    config: { kind: 'notify', title: '' },
  },
  transform: {
    icon: Variable,
    name: 'Transform',
    about: 'Makes values of earlier values.',
    config: { expression: '' },
  },
  parallel: { icon: Split, name: 'Parallel', about: 'Splits into branches, or joins them.', config: {} },
  join: { icon: Merge, name: 'Join', about: 'Goes on when all, one or some have arrived.', config: { mode: 'any' } },
  delay: { icon: Timer, name: 'Delay', about: 'Waits some time, or until an instant.', config: { seconds: 60 } },
  wait: {
    icon: Hourglass,
    name: 'Wait',
    about: 'Waits for an event, or for a call of the API.',
    config: { kind: 'signal' },
  },
  approval: { icon: Stamp, name: 'Approval', about: 'Asks people for a decision.', config: { title: '' } },
  pipeline: { icon: Workflow, name: 'Pipeline', about: 'Runs another pipeline.', config: { pipelineId: '' } },
  map: {
    icon: Repeat,
    name: 'Map',
    about: 'Runs a pipeline or an agent for each item of a list.',
    config: { pipelineId: '', items: '' },
  },
};

const unknownLook: NodeTypeLook = { icon: CircleHelp, name: 'Unknown', about: '', config: {} };

export function lookOfType(type: string): NodeTypeLook {
  return type in nodeTypeLooks ? nodeTypeLooks[type as NodeType] : unknownLook;
}
