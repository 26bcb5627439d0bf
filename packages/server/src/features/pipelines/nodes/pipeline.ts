// Runs another pipeline. No worker is held while it runs; its end comes back here.
import { pauseWithParent } from '../pause-run.ts';
import { prepareRun, readPublished } from '../start-run.ts';
import { failureOf, requireRoom, startSubRun } from '../start-sub-run.ts';
import { findSubRunOfJob, type SubRun } from '../store/sub-runs.ts';
import { NodeFailure, type NodeKind, type NodeOutcome, type NodeWork } from './node-kind.ts';

export const pipelineNode: NodeKind<'pipeline'> = {
  type: 'pipeline',
  plainKeys: ['pipelineId'],
  run: async (work) => {
    const subRun = await findSubRunOfJob(work.ctx.database, work.node);
    return subRun === null ? begin(work) : goOn(subRun);
  },
};

async function begin({ ctx, config, node }: NodeWork<'pipeline'>): Promise<NodeOutcome> {
  const lineage = await requireRoom(ctx, node.run_id, 1);
  const { run_id: runId, node_id: nodeId, project_id: projectId } = node;
  const plan = await readPublished(ctx, config.pipelineId)
    .then((published) => prepareRun(ctx, { ...published, projectId, input: config.input ?? {}, under: node }))
    .catch((error: unknown) => {
      throw failureOf(error);
    });
  return {
    kind: 'wait-for',
    what: 'runs',
    until: null,
    alongside: async (tx, jobId) => {
      await startSubRun(ctx, tx, plan, { runId, nodeId, item: null, jobId }, lineage);
      await pauseWithParent(ctx, tx, plan.id, runId);
    },
  };
}

function goOn({ id, status, output, error, ...usage }: SubRun): NodeOutcome {
  if (status === 'completed') return { kind: 'completed', output, ...usage };
  if (status === 'failed' || status === 'timed_out' || status === 'cancelled')
    throw new NodeFailure('pipelines.sub-run-failed', `The sub-run ended as ${status}: ${error?.message ?? ''}`, {
      status: status === 'timed_out' ? 'timed_out' : 'failed',
      next: `Open the sub-run ${id}: it has the cause.`,
      usage,
    });
  return { kind: 'dropped' };
}
