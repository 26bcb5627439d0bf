// Turns of chats as jobs of the queue.
import { AppError } from '@gathering/contract/errors';
import * as z from 'zod';
import type { Ctx } from '../../ctx.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { runTurnJob } from './cancel-turns.ts';
import { giveTurnUp } from './give-turn-up.ts';
import { chatPermission, runChatTurn } from './run-chat-turn.ts';

export const agentJobs = [
  defineJob({
    name: runTurnJob,
    queue: 'agents',
    payload: z.strictObject({ turnId: z.uuid() }),
    permission: chatPermission,
    run: async (ctx: Ctx, job) => {
      await runChatTurn(ctx, job.payload.turnId).catch((error: unknown) => {
        // Its chat was removed meanwhile: there is nothing left to answer.
        if (!(error instanceof AppError) || error.code !== 'agents.turn-not-found') throw error;
      });
    },
    subject: ({ turnId }) => `turns/${turnId}`,
    redrive: 'Its turn has ended, and the answer in its chat says why: ask again there.',
    exhausted: (ctx: Ctx, job, error) => giveTurnUp(ctx, job.payload.turnId, error),
  }),
];
