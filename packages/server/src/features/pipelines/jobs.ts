// The jobs of this feature: one node of a run each.
import * as z from 'zod';
import { defineJob } from '../../jobs/define-job.ts';
import { failNode, runNode } from './run-node.ts';

const payload = z.object({ runId: z.string(), nodeId: z.string() });

export const pipelineJobs = [
  defineJob({ name: 'pipelines.run-node', queue: 'quick', payload, run: runNode, exhausted: failNode }),
  defineJob({ name: 'pipelines.run-agent-node', queue: 'agents', payload, run: runNode, exhausted: failNode }),
];
