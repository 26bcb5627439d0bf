// Every job that this house can do.
import type { Ctx } from '../ctx.ts';
import { agentJobs } from '../features/agents/index.ts';
import { approvalJobs } from '../features/approvals/index.ts';
import { pipelineJobs } from '../features/pipelines/index.ts';
import { scheduleJobs } from '../features/schedules/index.ts';
import { taskJobs } from '../features/tasks/index.ts';
import type { JobDefinition } from '../jobs/define-job.ts';

export const allJobs: readonly JobDefinition<Ctx>[] = [
  ...agentJobs,
  ...approvalJobs,
  ...taskJobs,
  ...pipelineJobs,
  ...scheduleJobs,
];
