// Starts a run: checks definition and input, then has it written with a snapshot of its graph, the nodes with their
// counters, the events and the jobs of what is ready. From that commit on it goes on by itself, whoever dies.
import { createHash } from 'node:crypto';
import { AppError } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import * as z from 'zod';
import type { Ctx, Tx } from '../../ctx.ts';
import { listAgentRefs } from '../agents/index.ts';
import { checkInput } from './check-input.ts';
import { outcomeOf, type StartClaims } from './claim-starts.ts';
import { findFaults } from './find-faults.ts';
import { readControls, type StartControls } from './read-controls.ts';
import { planRun, type RunOrigin, type RunPlan, runStarts } from './settle-starts.ts';
import { findExisting } from './store/pipelines.ts';
import { findPublished } from './store/versions.ts';

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
  /** Of a sub-run: the run that begins it, with whose turn and priority it goes. */
  readonly under?: { readonly priority: number };
  /** The published version that `definition` is; left out: a draft, or nothing that is saved. */
  readonly pipelineVersion?: number | null;
  /** Left out: a person, or whoever else has reasons of their own. */
  readonly trigger?: { readonly id: string; readonly depth: number };
  /** What may start this run once. Whoever gives them starts it by `startOnce`. */
  readonly claims?: StartClaims;
}

/** Names that a definition may refer to now. Agents are not asked for when `definition` has no node for them. */
export async function readKnownNames(
  ctx: Ctx,
  definition?: PipelineDefinition,
): Promise<{ agents: Set<string>; tools: Set<string>; pipelines?: Set<string> }> {
  const asks = (key: string) => definition?.nodes.some((node) => node.config[key] !== undefined) ?? true;
  const agents = asks('agentId') ? await listAgentRefs(ctx) : new Set<string>();
  const tools = new Set(ctx.tools.all.map((tool) => tool.name));
  const named = definition?.nodes.flatMap(({ config }) => (isId(config.pipelineId) ? [config.pipelineId] : []));
  return { agents, tools, ...(named && { pipelines: await findExisting(ctx.database, named) }) };
}

const idSchema = z.uuid();
const isId = (value: unknown): value is string => idSchema.safeParse(value).success;

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
  await requireRunnable(ctx, request.definition, request.origin);
  return prepareInput(ctx, request);
}

/** Throws AppError `pipelines.invalid` with every fault. */
export async function requireRunnable(ctx: Ctx, definition: PipelineDefinition, origin?: RunOrigin): Promise<void> {
  const given = origin?.kind === 'trial' ? new Set(Object.keys(origin.scope)) : undefined;
  const faults = await findFaults(definition, { ...(await readKnownNames(ctx, definition)), given });
  if (faults.length > 0) throw new AppError('pipelines.invalid', { faults });
}

/** As `prepareRun`, of a definition that was found to be runnable. */
export async function prepareInput(ctx: Ctx, request: StartRequest): Promise<RunPlan> {
  const trigger = request.definition.nodes.find((node) => node.type === 'trigger');
  const inputFaults = await checkInput(trigger?.config.input, request.input);
  if (inputFaults.length > 0) throw new AppError('pipelines.input-invalid', { faults: inputFaults });
  return planRun(ctx, { ...request, controls: await readControls(request) });
}

/** Starts a prepared run in the caller's transaction: it exists if and only if that commits. */
export async function startPreparedRun(ctx: Ctx, tx: Tx, plan: RunPlan): Promise<void> {
  await startPreparedRuns(ctx, tx, [plan]);
}

/** The same for many; those of them that somebody else has started already are left out. */
export async function startPreparedRuns(ctx: Ctx, tx: Tx, plans: readonly RunPlan[]): Promise<void> {
  await ctx.queue.enqueue(tx, await runStarts.commit(tx, plans));
}

/** Refuses as `prepareRun`; else answers the id of the run, which is under way. */
export async function startRun(ctx: Ctx, request: StartRequest): Promise<string> {
  const plan = await prepareRun(ctx, request);
  await start(ctx, plan);
  return plan.id;
}

async function start(ctx: Ctx, plan: RunPlan): Promise<void> {
  // One that may have to wait for its turn is no part of a batch, which would take the locks of others.
  if (plan.controls.group === null) await ctx.queue.mark({ group: runStarts, item: plan });
  else await ctx.tx((tx) => startPreparedRun(ctx, tx, plan));
}

/**
 * Starts a run that has claims: of all requests with the same key, at any time and on any instance, one starts it and the
 * others are told which run that was. Throws AppError `pipelines.idempotency-mismatch` where the key was used for something
 * else, and `pipelines.hook-replayed` for a signature that came before.
 */
export async function startOnce(ctx: Ctx, request: StartRequest): Promise<{ runId: string; repeated: boolean }> {
  const plan = await prepareRun(ctx, request);
  await start(ctx, plan);
  const outcome = outcomeOf(plan);
  if (outcome.kind === 'seen') throw new AppError('pipelines.hook-replayed');
  if (outcome.kind === 'mismatch') throw new AppError('pipelines.idempotency-mismatch');
  return outcome.kind === 'repeated' ? { runId: outcome.runId, repeated: true } : { runId: plan.id, repeated: false };
}

/** What a run of a stored pipeline starts with: its published version. Throws AppError `pipelines.not-found`. */
export async function readPublished(
  ctx: Pick<Ctx, 'database'>,
  id: string,
): Promise<Pick<StartRequest, 'pipelineId' | 'definition' | 'pipelineVersion'>> {
  const found = await findPublished(ctx.database, id);
  if (found === null) throw new AppError('pipelines.not-found');
  return { pipelineId: id, definition: found.definition, pipelineVersion: found.version };
}
