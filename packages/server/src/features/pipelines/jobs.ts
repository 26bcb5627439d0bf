// The jobs of this feature: one node of a run each, the next items of a list, the end of a wait at its time, that of a run,
// and the move of those that wait for their turn.
import * as z from 'zod';
import type { Ctx } from '../../ctx.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { nodePermission } from './act-as-starter.ts';
import { advanceMap } from './advance-map.ts';
import { timeOutWait } from './end-wait.ts';
import { retryRun } from './retry-run.ts';
import { failNode, runNode } from './run-node.ts';
import { beginNextJob, moveUp, timeOutJob } from './take-turns.ts';
import { timeOutRun } from './time-out-run.ts';

/** `jobId` is the job's own: what is left of one whose workers died too often has another. */
const payload = z.object({ runId: z.string(), nodeId: z.string(), jobId: z.string() });

const permission = nodePermission;
const subject = ({ runId }: { readonly runId: string }) => `runs/${runId}`;
/** Its node has ended and its run with it: the run goes on from there. */
const redrive = (ctx: Ctx, { runId }: z.infer<typeof payload>) => retryRun(ctx, runId);

export const pipelineJobs = [
  defineJob({
    name: 'pipelines.run-node',
    queue: 'quick',
    payload,
    permission,
    run: runNode,
    exhausted: failNode,
    subject,
    redrive,
  }),
  defineJob({
    name: 'pipelines.run-agent-node',
    queue: 'agents',
    payload,
    permission,
    run: runNode,
    exhausted: failNode,
    subject,
    redrive,
  }),
  defineJob({
    name: 'pipelines.advance-map',
    queue: 'quick',
    payload,
    permission,
    run: (ctx: Ctx, job) => advanceMap(ctx, job.payload),
    exhausted: failNode,
    subject,
    redrive,
  }),
  defineJob({
    name: 'pipelines.end-wait',
    queue: 'quick',
    payload: z.object({ jobId: z.string() }),
    permission,
    run: (ctx: Ctx, job) => timeOutWait(ctx, job.payload.jobId),
  }),
  defineJob({
    name: timeOutJob,
    queue: 'quick',
    payload: z.object({ runId: z.string(), jobId: z.string() }),
    permission,
    run: timeOutRun,
    subject,
  }),
  defineJob({
    name: beginNextJob,
    queue: 'quick',
    payload: z.object({ group: z.string() }),
    permission,
    run: (ctx: Ctx, job) => moveUp(ctx, job.payload.group),
  }),
];
