// Cancels a run: its status first, guarded, then everything of it that still works. A settlement that comes
// later finds the run over and changes nothing.
import { AppError } from '@gathering/contract/errors';
import type { Ctx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents } from '../events/index.ts';
import { requireSeen } from './guard.ts';
import { isActive } from './rules.ts';
import { stopWithEvents } from './settle-nodes.ts';
import { lockRun } from './store/runs.ts';

export async function cancelRun(ctx: Ctx, runId: string): Promise<void> {
  await ctx.tx(async (tx) => {
    const run = requireSeen(ctx, await lockRun(tx, runId));
    if (!isActive(run.status))
      throw new AppError('pipelines.run-ended', { detail: `This run has ended: ${run.status}.` });
    const error = { code: 'pipelines.cancelled', message: 'The run was cancelled.', nodeId: null, next: null };
    const events = await stopWithEvents(ctx, tx, [{ runId, status: 'cancelled', error }], ctx.clock.now());
    await emitEvents(ctx, tx, events);
    await recordAudit(ctx, tx, { action: 'pipelines.cancel-run', object: `runs/${runId}` });
  });
}
