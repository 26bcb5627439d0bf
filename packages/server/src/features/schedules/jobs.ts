// The jobs of this feature: one call of an API each.
import * as z from 'zod';
import { defineJob } from '../../jobs/define-job.ts';
import { failCall, runCall } from './call-api.ts';

export const scheduleJobs = [
  defineJob({
    name: 'schedules.call-api',
    queue: 'quick',
    payload: z.object({ receiptId: z.string() }),
    permission: 'skills.fetch',
    run: runCall,
    exhausted: failCall,
  }),
];
