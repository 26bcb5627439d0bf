// The jobs of this feature: one turn of a background run each.
import * as z from 'zod';
import { defineJob } from '../../jobs/define-job.ts';
import { runTaskTurnJob } from './job-names.ts';
import { giveTaskUp, runTaskTurn, taskPermission } from './run-task-turn.ts';

export const taskJobs = [
  defineJob({
    name: runTaskTurnJob,
    queue: 'agents',
    payload: z.strictObject({ taskId: z.uuid(), turnId: z.uuid() }),
    permission: taskPermission,
    run: runTaskTurn,
    exhausted: giveTaskUp,
  }),
];
