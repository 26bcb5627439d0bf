// The jobs of this feature: one node of a run each.
import * as z from 'zod';
import { defineJob } from '../../jobs/define-job.ts';
import { nodePermission } from './act-as-starter.ts';
import { failNode, runNode } from './run-node.ts';

const payload = z.object({ runId: z.string(), nodeId: z.string() });

const permission = nodePermission;

export const pipelineJobs = [
  defineJob({ name: 'pipelines.run-node', queue: 'quick', payload, permission, run: runNode, exhausted: failNode }),
  defineJob({
    name: 'pipelines.run-agent-node',
    queue: 'agents',
    payload,
    permission,
    run: runNode,
    exhausted: failNode,
  }),
];
