// Takes a list one step further: notes which items have ended, begins as many as there is room for, and has the node go on
// when none is left. Whoever comes at the same time waits for the lock of the run, so that there are never more at a time.
import { AppError } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { Ctx, Tx } from '../../ctx.ts';
import { actAsStarter } from './act-as-starter.ts';
import { loadNode } from './load-nodes.ts';
import { NodeFailure } from './nodes/node-kind.ts';
import { isActive, nodeJob } from './rules.ts';
import type { RunPlan } from './settle-starts.ts';
import { prepareInput } from './start-run.ts';
import { type Lineage, requireRoom, startSubRun } from './start-sub-run.ts';
import {
  beginItem,
  collectItems,
  countItems,
  failItem,
  findMap,
  finishMap,
  type ItemCounts,
  listNextItems,
  lockMap,
  type MapRow,
  type NextItem,
} from './store/maps.ts';
import type { NodeWorkRow } from './store/runs.ts';

type Prepared = { readonly position: number } & ({ readonly plan: RunPlan } | { readonly refused: Json });

export async function advanceMap(ctx: Ctx, { runId, nodeId }: { runId: string; nodeId: string }): Promise<void> {
  const node = await loadNode(ctx.database, runId, nodeId);
  const map = await findMap(ctx.database, runId, nodeId);
  if (node?.status !== 'waiting' || !isActive(node.run_status) || map === null) return;
  try {
    const acting = await actAsStarter(ctx, node);
    const lineage = await requireRoom(acting, runId, 0);
    let isMore = true;
    while (isMore && !ctx.signal.aborted) isMore = await advanceOnce(acting, map, node, lineage);
  } catch (error) {
    if (!(error instanceof NodeFailure)) throw error;
    // The node is told the same when it goes on.
    await ctx.tx(async (tx) => {
      if (await lockMap(tx, map)) await goOn(ctx, tx, map, node);
    });
  }
}

/** True: there is room for more than was prepared. */
async function advanceOnce(ctx: Ctx, map: MapRow, node: NodeWorkRow, lineage: Lineage): Promise<boolean> {
  const next = await listNextItems(ctx.database, map, map.concurrency);
  const prepared: Prepared[] = [];
  for (const item of next) prepared.push(await prepareItem(ctx, map, item, node));
  return ctx.tx(async (tx) => {
    if (!(await lockMap(tx, map))) return false;
    await collectItems(tx, map);
    const counts = await beginItems(ctx, tx, map, prepared, lineage);
    const { pending, running, failed } = counts;
    if (pending + running === 0 || (failed > 0 && map.stopsAtFailure)) {
      await goOn(ctx, tx, map, node);
      return false;
    }
    return pending > 0 && running < map.concurrency;
  });
}

/** As many as there is room for. One that its pipeline does not take fails without a run. */
async function beginItems(
  ctx: Ctx,
  tx: Tx,
  map: MapRow,
  prepared: readonly Prepared[],
  lineage: Lineage,
): Promise<ItemCounts> {
  let { pending, running, failed } = await countItems(tx, map);
  for (const one of prepared) {
    if (running >= map.concurrency || (failed > 0 && map.stopsAtFailure)) break;
    if ('refused' in one) {
      if (!(await failItem(tx, map, one.position, one.refused))) continue;
      failed += 1;
    } else {
      if (!(await beginItem(tx, map, one.position, one.plan.id))) continue;
      const parent = { runId: map.runId, nodeId: map.nodeId, item: one.position, jobId: map.jobId };
      await startSubRun(ctx, tx, one.plan, parent, lineage);
      running += 1;
    }
    pending -= 1;
  }
  return { pending, running, failed };
}

async function goOn(ctx: Ctx, tx: Tx, map: MapRow, { priority }: NodeWorkRow): Promise<void> {
  await finishMap(tx, map);
  await ctx.queue.enqueue(tx, [nodeJob('map', map, priority)]);
}

async function prepareItem(
  ctx: Ctx,
  { pipelineId, definition }: MapRow,
  { position, input }: NextItem,
  node: NodeWorkRow,
): Promise<Prepared> {
  try {
    const request = { pipelineId, definition, projectId: node.project_id, input, under: node };
    return { position, plan: await prepareInput(ctx, request) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const faults = (error.faults ?? []).slice(0, 3).map(({ message }) => message);
    return { position, refused: { code: error.code, message: [error.message, ...faults].join(' ') } };
  }
}
