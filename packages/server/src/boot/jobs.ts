// Every job that this house can do.
import type { Ctx } from '../ctx.ts';
import { agentJobs } from '../features/agents/index.ts';
import { pipelineJobs } from '../features/pipelines/index.ts';
import { scheduleJobs } from '../features/schedules/index.ts';
import type { JobDefinition } from '../jobs/define-job.ts';

export const allJobs: readonly JobDefinition<Ctx>[] = [...agentJobs, ...pipelineJobs, ...scheduleJobs];
