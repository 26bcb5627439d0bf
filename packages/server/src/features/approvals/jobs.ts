// The jobs of this feature: a request ends at its time.
import * as z from 'zod';
import type { Ctx } from '../../ctx.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { expireRequest } from './end-request.ts';

export const approvalJobs = [
  defineJob({
    name: 'approvals.expire-request',
    queue: 'quick',
    payload: z.object({ id: z.string() }),
    // The house itself keeps the time: nobody's rights are asked for.
    permission: 'approvals.read',
    run: (ctx: Ctx, job) => expireRequest(ctx, job.payload.id),
  }),
];
