// The jobs of this feature: one node of a run each, and the end of a run's time.
import * as z from 'zod';
import { defineJob } from '../../jobs/define-job.ts';
import { nodePermission } from './act-as-starter.ts';
import { failNode, runNode } from './run-node.ts';
import { timeOutJob } from './take-turns.ts';
import { timeOutRun } from './time-out-run.ts';

/** `jobId` is the job's own: what is left of one whose workers died too often has another. */
const payload = z.object({ runId: z.string(), nodeId: z.string(), jobId: z.string() });

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
  defineJob({
    name: timeOutJob,
    queue: 'quick',
    payload: z.object({ runId: z.string(), jobId: z.string() }),
    permission,
    run: timeOutRun,
  }),
];
