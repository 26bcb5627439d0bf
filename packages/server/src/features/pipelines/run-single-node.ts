// Runs one node of a pipeline by itself: a trigger, the node, and what its templates and expressions shall find, given by
// whoever asks instead of earlier nodes.
import { AppError } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition, PipelineNode } from '@gathering/contract/pipeline-definition';
import type { NodeStatus } from '@gathering/contract/pipelines';
import type { Ctx } from '../../ctx.ts';
import { isControl } from './rules.ts';
import { definitionOf, readPipeline } from './service.ts';
import { startRun } from './start-run.ts';

export interface TrialRequest {
  readonly input?: Json | undefined;
  readonly nodes?: Readonly<Record<string, { status: NodeStatus; output: Json }>> | undefined;
  readonly projectId?: string | null | undefined;
}

/** Answers the id of the run, which shows up as `<pipeline>: <node>`. */
export async function runSingleNode(
  ctx: Ctx,
  pipelineId: string,
  nodeId: string,
  request: TrialRequest,
): Promise<string> {
  const definition = definitionOf(await readPipeline(ctx, pipelineId));
  const node = definition.nodes.find((one) => one.id === nodeId);
  if (node === undefined) throw new AppError('pipelines.node-not-found');
  if (isControl(node.type)) throw new AppError('pipelines.node-not-runnable');
  return startRun(ctx, {
    pipelineId,
    definition: trialOf(definition, node),
    input: request.input ?? {},
    projectId: request.projectId ?? null,
    origin: { kind: 'trial', nodeId, scope: request.nodes ?? {} },
  });
}

/** What follows from its failure is not there: it fails the run. */
function trialOf(definition: PipelineDefinition, { onError: _onError, ...node }: PipelineNode): PipelineDefinition {
  const id = node.id === 'input' ? 'start' : 'input';
  const { settings: { concurrencyKey: _key, concurrencyLimit: _limit, ...settings } = {} } = definition;
  return {
    name: `${definition.name}: ${node.name ?? node.id}`.slice(0, 200),
    description: '',
    settings,
    nodes: [{ id, type: 'trigger', config: {} }, node],
    edges: [{ from: id, to: node.id }],
  };
}
