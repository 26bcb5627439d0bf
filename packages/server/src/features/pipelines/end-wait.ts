// How a wait ends: by its event, by a call, or by its time. Each is one guarded change, with the job that goes on with the
// node: whichever comes first is the only one.
import { AppError } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import { type Ctx, sightOf, type Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents } from '../events/index.ts';
import { requireSeen } from './guard.ts';
import { nodeJob } from './rules.ts';
import { nodeEvent } from './run-events.ts';
import { findRun } from './store/runs.ts';
import { type EndedWait, endWait, findSignalOfNode, listSignalsOfKey } from './store/waits.ts';

const mostDelivered = 100;

/** Null: it had ended already. */
export async function arrive(ctx: Ctx, tx: Tx, jobId: string, payload: Json): Promise<EndedWait | null> {
  const wait = await endWait(tx, jobId, 'arrived', payload);
  if (wait === null) return null;
  if (wait.timeoutJobId !== null) await ctx.queue.cancel(tx, 'pipelines.end-wait', [wait.timeoutJobId]);
  await goOn(ctx, tx, wait, 'arrived');
  return wait;
}

export async function timeOutWait(ctx: Ctx, jobId: string): Promise<void> {
  await ctx.tx(async (tx) => {
    const wait = await endWait(tx, jobId, 'timed_out', null);
    if (wait !== null) await goOn(ctx, tx, wait, 'timed_out');
  });
}

async function goOn(ctx: Ctx, tx: Tx, wait: EndedWait, how: string): Promise<void> {
  await ctx.queue.enqueue(tx, [nodeJob('wait', wait, wait.priority)]);
  const row = { ...wait, run_id: wait.runId, node_id: wait.nodeId };
  await emitEvents(ctx, tx, [nodeEvent('pipelines.node-signalled', row, { how })]);
}

/** Hands one node what it waits for. Of two calls at the same time one is refused. */
export async function signalNode(
  ctx: Ctx,
  runId: string,
  nodeId: string,
  { key, body = null }: { key?: string | undefined; body?: Json | undefined },
): Promise<void> {
  requireSeen(ctx, await findRun(ctx.database, runId));
  const open = await findSignalOfNode(ctx.database, runId, nodeId);
  if (open === null) throw new AppError('pipelines.node-not-waiting');
  if (open.key !== null && open.key !== key) throw new AppError('pipelines.signal-key-wrong');
  await ctx.tx(async (tx) => {
    if ((await arrive(ctx, tx, open.jobId, body)) === null) throw new AppError('pipelines.node-not-waiting');
    await recordAudit(ctx, tx, { action: 'pipelines.signal-node', object: `runs/${runId}`, details: { nodeId } });
  });
}

/** Hands it to all that wait for the key, of runs that the caller may see. */
export async function sendSignal(
  ctx: Ctx,
  { key, body = null }: { key: string; body?: Json | undefined },
): Promise<{ runId: string; nodeId: string }[]> {
  const jobIds = await listSignalsOfKey(ctx.database, sightOf(ctx.actor), key, mostDelivered);
  return ctx.tx(async (tx) => {
    const delivered: { runId: string; nodeId: string }[] = [];
    for (const jobId of jobIds) {
      const wait = await arrive(ctx, tx, jobId, body);
      if (wait !== null) delivered.push({ runId: wait.runId, nodeId: wait.nodeId });
    }
    await recordAudit(ctx, tx, {
      action: 'pipelines.send-signal',
      details: { key, delivered: delivered.length },
    });
    return delivered;
  });
}
