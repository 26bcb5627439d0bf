// How each node type is shown and what a new one begins with. The types themselves are the contract's.

import type { Json } from '@gathering/contract/json';
import type { NodeType } from '@gathering/contract/pipeline-definition';
import type { LucideIcon } from 'lucide-react';
import { Bot, CircleHelp, GitBranch, Play, Split, Timer, Zap } from 'lucide-react';

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
  condition: { icon: GitBranch, name: 'Condition', about: 'Goes one of two ways.', config: { expression: '' } },
  action: {
    icon: Zap,
    name: 'Action',
    about: 'Notifies, calls an API or a tool.',
    config: { kind: 'notify', title: '' },
  },
  parallel: { icon: Split, name: 'Parallel', about: 'Splits into branches, or joins them.', config: {} },
  delay: { icon: Timer, name: 'Delay', about: 'Waits some time, or until an instant.', config: { seconds: 60 } },
};

const unknownLook: NodeTypeLook = { icon: CircleHelp, name: 'Unknown', about: '', config: {} };

export function lookOfType(type: string): NodeTypeLook {
  return type in nodeTypeLooks ? nodeTypeLooks[type as NodeType] : unknownLook;
}
