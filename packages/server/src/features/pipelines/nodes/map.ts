// Works on each item of a list in a sub-run, so many at a time. The list and what became of its items are rows
// (`advance-map.ts`); when all have ended, the job that goes on comes back here.
import { maxMapItems } from '@gathering/contract/flow-nodes';
import type { Json } from '@gathering/contract/json';
import type { NodeConfig, PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { expressionsIn } from '@gathering/contract/templates';
import { emitEvents } from '../../events/index.ts';
import { evaluateEach, fillOrFail } from '../read-scope.ts';
import { stopSubRuns } from '../settle-nodes.ts';
import { readPublished, requireRunnable } from '../start-run.ts';
import { failureOf, requireRoom } from '../start-sub-run.ts';
import { findMap, insertMap, listItems, type MapRow, sumSubRuns } from '../store/maps.ts';
import { asText } from './as-text.ts';
import { NodeFailure, type NodeKind, type NodeOutcome, type NodeWork } from './node-kind.ts';

const usualConcurrency = 4;
/** Characters of all inputs together. */
const mostInput = 16 * 1024 * 1024;
/** The node of the agent, where each item is the task of one. */
const agentNodeId = 'agent';

export const mapNode: NodeKind<'map'> = {
  type: 'map',
  // Filled for each item, not for the node.
  plainKeys: ['items', 'pipelineId', 'agentId', 'input', 'task'],
  run: async (work) => {
    const map = await findMap(work.ctx.database, work.node.run_id, work.node.node_id);
    return map !== null && map.jobId === work.node.job_id ? goOn(work, map) : begin(work);
  },
};

async function begin(work: NodeWork<'map'>): Promise<NodeOutcome> {
  const { ctx, config, node } = work;
  const items = await readItems(work);
  if (items.length === 0) return { kind: 'completed', output: [] };
  await requireRoom(ctx, node.run_id, items.length);
  const inputs = await fillInputs(work, items);
  const what = await readWork(work);
  const row = {
    ...what,
    runId: node.run_id,
    nodeId: node.node_id,
    concurrency: config.concurrency ?? usualConcurrency,
    stopsAtFailure: config.onItemError !== 'continue',
  };
  return {
    kind: 'wait-for',
    what: 'runs',
    until: null,
    alongside: async (tx, jobId) => {
      await insertMap(tx, { ...row, jobId }, inputs);
      const payload = { runId: row.runId, nodeId: row.nodeId, jobId };
      await ctx.queue.enqueue(tx, [{ name: 'pipelines.advance-map', payload, priority: node.priority }]);
    },
  };
}

async function readItems({ config, evaluate }: NodeWork<'map'>): Promise<Json[]> {
  const items = await evaluate(config.items);
  if (!Array.isArray(items))
    throw new NodeFailure('pipelines.map-no-list', `\`items\` gave ${JSON.stringify(items)?.slice(0, 200)}, no list.`, {
      next: 'Name a list, for example `nodes.search.output.data.files`.',
    });
  if (items.length <= maxMapItems) return items as Json[];
  throw new NodeFailure(
    'pipelines.map-too-long',
    `The list has ${items.length} items; at most ${maxMapItems} are run.`,
    {
      next: 'Take a part of the list, or give each sub-run several items.',
    },
  );
}

/** The input of each sub-run, with its templates filled. */
async function fillInputs({ ctx, node, config }: NodeWork<'map'>, items: readonly Json[]): Promise<Json[]> {
  const template: Json | undefined = 'task' in config ? config.task : config.input;
  if (template === undefined) return items.map((item, index) => ({ item, index }));
  const values = await evaluateEach(ctx, node, expressionsIn(template), items);
  let size = 0;
  return items.map((_, index) => {
    const filled = fillOrFail(template, values[index] ?? new Map());
    size += JSON.stringify(filled).length;
    if (size > mostInput)
      throw new NodeFailure('pipelines.map-too-large', `The inputs have more than ${mostInput} characters together.`, {
        next: 'Hand on less of each item.',
      });
    return 'task' in config ? { task: asText(filled) } : filled;
  });
}

/** What is run for each item. All sub-runs of the list are pinned to it. */
async function readWork({
  ctx,
  config,
  node,
}: NodeWork<'map'>): Promise<Pick<MapRow, 'pipelineId' | 'definition' | 'outputOf'>> {
  try {
    if ('agentId' in config) {
      const definition = defineAgentRun(config, node.name);
      await requireRunnable(ctx, definition);
      return { pipelineId: null, definition, outputOf: agentNodeId };
    }
    const { pipelineId, definition } = await readPublished(ctx, config.pipelineId);
    await requireRunnable(ctx, definition);
    return { pipelineId, definition, outputOf: null };
  } catch (error) {
    throw failureOf(error);
  }
}

function defineAgentRun(
  { agentId }: Extract<NodeConfig<'map'>, { agentId: string }>,
  name: string,
): PipelineDefinition {
  return {
    name: name.slice(0, 200),
    description: '',
    nodes: [
      { id: 'start', type: 'trigger', config: {} },
      { id: agentNodeId, type: 'agent', config: { agentId, task: '{{ input.task }}' } },
    ],
    edges: [{ from: 'start', to: agentNodeId }],
  };
}

async function goOn({ ctx, node }: NodeWork<'map'>, map: MapRow): Promise<NodeOutcome> {
  const items = await listItems(ctx.database, map);
  const usage = await sumSubRuns(ctx.database, map);
  const failed = items.find(({ status }) => status === 'failed');
  if (failed !== undefined && map.stopsAtFailure) {
    const message = `Item ${failed.position + 1} of ${items.length} failed: ${failed.error?.message ?? ''}`;
    const failure = new NodeFailure('pipelines.map-item-failed', message, {
      next: 'Open the sub-run of the item; set onItemError to continue to go on without it.',
      usage,
    });
    failure.alongside = async (tx) =>
      emitEvents(ctx, tx, await stopSubRuns(ctx, tx, [node.run_id], ctx.clock.now(), node.node_id));
    throw failure;
  }
  if (items.some(({ status }) => status === 'pending' || status === 'running'))
    throw new NodeFailure('pipelines.map-interrupted', 'The list could not be worked through.', { usage });
  return { kind: 'completed', output: items.map(({ output }) => output), ...usage };
}
