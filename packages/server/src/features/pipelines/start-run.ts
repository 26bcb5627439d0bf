// Starts a run: checks definition and input, then has it written with a snapshot of its graph, the nodes with their
// counters, the events and the jobs of what is ready. From that commit on it goes on by itself, whoever dies.
import { createHash } from 'node:crypto';
import { checkGraph } from '@gathering/contract/check-graph';
import { AppError } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import type { Ctx, Tx } from '../../ctx.ts';
import { listAgentRefs } from '../agents/index.ts';
import { checkInput, checkSchemas } from './check-input.ts';
import { readControls, type StartControls } from './read-controls.ts';
import { planRun, type RunOrigin, type RunPlan, runStarts } from './settle-starts.ts';

export interface StartRequest {
  readonly pipelineId: string | null;
  readonly definition: PipelineDefinition;
  readonly input: Json;
  readonly projectId: string | null;
  readonly fingerprint?: string | null;
  /** What this start says instead of the settings of the definition. */
  readonly controls?: StartControls | undefined;
  /** Where it comes from; left out: it begins at its trigger. */
  readonly origin?: RunOrigin;
}

/** Names that a definition may refer to now. Agents are not asked for when `definition` has no node for them. */
export async function readKnownNames(
  ctx: Ctx,
  definition?: PipelineDefinition,
): Promise<{ agents: Set<string>; tools: Set<string> }> {
  const asksAgents = definition?.nodes.some((node) => node.type === 'agent') ?? true;
  const agents = asksAgents ? await listAgentRefs(ctx) : new Set<string>();
  return { agents, tools: new Set(ctx.tools.all.map((tool) => tool.name)) };
}

/** The same for the same definition, input and project; finds a run that was cut off with its program. */
export function fingerprintOf(request: Pick<StartRequest, 'definition' | 'input' | 'projectId'>): string {
  return createHash('sha256')
    .update(JSON.stringify([request.definition, request.input, request.projectId]))
    .digest('hex');
}

/**
 * Everything that the start of this run will write. Refuses with every fault of definition and input. It may wait for
 * other things than the database, so no transaction may be open.
 */
export async function prepareRun(ctx: Ctx, request: StartRequest): Promise<RunPlan> {
  const given = request.origin?.kind === 'trial' ? new Set(Object.keys(request.origin.scope)) : undefined;
  const faults = [
    ...checkGraph(request.definition, { ...(await readKnownNames(ctx, request.definition)), given }),
    ...(await checkSchemas(request.definition)),
  ];
  if (faults.length > 0) throw new AppError('pipelines.invalid', { faults });
  const trigger = request.definition.nodes.find((node) => node.type === 'trigger');
  const inputFaults = await checkInput(trigger?.config.input, request.input);
  if (inputFaults.length > 0) throw new AppError('pipelines.input-invalid', { faults: inputFaults });
  return planRun(ctx, { ...request, controls: await readControls(request) });
}

/** Starts a prepared run in the caller's transaction: it exists if and only if that commits. */
export async function startPreparedRun(ctx: Ctx, tx: Tx, plan: RunPlan): Promise<void> {
  await ctx.queue.enqueue(tx, await runStarts.commit(tx, [plan]));
}

/** Refuses as `prepareRun`; else answers the id of the run, which is under way. */
export async function startRun(ctx: Ctx, request: StartRequest): Promise<string> {
  const plan = await prepareRun(ctx, request);
  // One that may have to wait for its turn is no part of a batch, which would take the locks of others.
  if (plan.controls.group === null) await ctx.queue.mark({ group: runStarts, item: plan });
  else await ctx.tx((tx) => startPreparedRun(ctx, tx, plan));
  return plan.id;
}
