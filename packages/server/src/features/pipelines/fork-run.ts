// Forks a run: a new one of the same definition, as whoever asks, in which everything before a node counts as done with what
// it gave then, or with what is given instead. That node and all that follow from it run again.
import { AppError } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { Ctx } from '../../ctx.ts';
import { requireSeen } from './guard.ts';
import { planFork } from './restart-rules.ts';
import { toGraphNode } from './retry-run.ts';
import { startRun } from './start-run.ts';
import { readGraph } from './store/controls.ts';
import { findRun } from './store/runs.ts';

export interface ForkRequest {
  readonly nodeId: string;
  readonly input?: Json | undefined;
  readonly outputs?: Readonly<Record<string, Json>> | undefined;
}

/** Answers the id of the new run. Refuses with every fault of the place and of what is given. */
export async function forkRun(ctx: Ctx, runId: string, { nodeId, input, outputs }: ForkRequest): Promise<string> {
  const run = requireSeen(ctx, await findRun(ctx.database, runId));
  const nodes = (await readGraph(ctx.database, runId)).map(toGraphNode);
  if (!nodes.some((node) => node.id === nodeId)) throw new AppError('pipelines.node-not-found');
  if (run.only_node !== null)
    throw new AppError('pipelines.fork-impossible', {
      detail: 'It is a trial of one node: run the node again instead.',
    });
  const { kept, faults } = planFork(nodes, nodeId, new Map(Object.entries(outputs ?? {})));
  if (faults.length > 0) throw new AppError('pipelines.fork-impossible', { faults });
  return startRun(ctx, {
    pipelineId: run.pipeline_id,
    pipelineVersion: run.pipeline_version,
    definition: run.definition,
    input: input === undefined ? run.input : input,
    projectId: run.project_id,
    origin: { kind: 'fork', runId, nodeId, kept },
  });
}
