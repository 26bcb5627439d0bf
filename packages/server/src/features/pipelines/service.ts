// Pipelines as stored definitions: create, read, change, remove. Nothing is saved that could not run.
import { AppError, type Fault } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import type { Pipeline, RunStatus } from '@gathering/contract/pipelines';
import { actorName, type Ctx, sightOf, type Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { findFaults } from './find-faults.ts';
import { readCursor } from './read-cursor.ts';
import { readKnownNames } from './start-run.ts';
import {
  deletePipeline,
  findPipeline,
  findPipelineForChange,
  insertPipeline,
  listPipelines,
  type PipelineRow,
  updatePipeline,
} from './store/pipelines.ts';
import { countActiveRuns } from './store/runs.ts';
import { insertVersion } from './store/versions.ts';

export function toPipeline(row: PipelineRow): Pipeline {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    ...(row.definition.settings && { settings: row.definition.settings }),
    nodes: row.definition.nodes,
    edges: row.definition.edges,
    version: row.version,
    publishedVersion: row.published_version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** The definition under its present name: what a run is pinned to. */
export function definitionOf(row: PipelineRow): PipelineDefinition {
  return { ...row.definition, name: row.name, description: row.description };
}

/** Every fault that would keep the definition from running here and now. */
export async function checkDefinition(ctx: Ctx, definition: PipelineDefinition): Promise<Fault[]> {
  const faults = await findFaults(definition, await readKnownNames(ctx, definition));
  return faults.map((fault) => ({ in: 'definition' as const, ...fault }));
}

/** Throws AppError `pipelines.invalid` with every fault. */
export async function refuseFaults(ctx: Ctx, definition: PipelineDefinition): Promise<void> {
  const faults = await checkDefinition(ctx, definition);
  if (faults.length > 0) throw new AppError('pipelines.invalid', { faults });
}

export async function createPipeline(ctx: Ctx, definition: PipelineDefinition): Promise<Pipeline> {
  await refuseFaults(ctx, definition);
  return ctx.tx(async (tx) => toPipeline(await addPipeline(ctx, tx, definition)));
}

/** A new pipeline, published as its version 1. The definition was checked. */
export async function addPipeline(
  ctx: Ctx,
  tx: Tx,
  definition: PipelineDefinition,
  details: Readonly<Record<string, Json>> = {},
): Promise<PipelineRow> {
  const at = ctx.clock.now();
  const row = await insertPipeline(tx, ctx.ids.next(), definition, at);
  const by = actorName(ctx.actor);
  const version = { pipelineId: row.id, version: row.version, definition, isPublished: true, restores: null };
  await insertVersion(tx, { ...version, note: '', by, at });
  await emitEvent(ctx, tx, {
    type: 'pipelines.created',
    subject: `pipelines/${row.id}`,
    payload: { name: row.name },
  });
  await recordAudit(ctx, tx, {
    action: 'pipelines.create',
    object: `pipelines/${row.id}`,
    details: { name: row.name, ...details },
  });
  return row;
}

export async function readPipeline(ctx: Ctx, id: string): Promise<PipelineRow> {
  const row = await findPipeline(ctx.database, id);
  if (row === null) throw new AppError('pipelines.not-found');
  return row;
}

export async function changePipeline(
  ctx: Ctx,
  id: string,
  change: Partial<Omit<PipelineDefinition, 'settings'>> & {
    settings?: PipelineDefinition['settings'] | null;
    version?: number | undefined;
  },
): Promise<Pipeline> {
  const { version, settings, ...parts } = change;
  const before = await readPipeline(ctx, id);
  const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
  const { settings: kept, ...rest } = before.definition;
  const next = settings === undefined ? kept : settings;
  const definition: PipelineDefinition = { ...rest, ...given, ...(next && { settings: next }) };
  await refuseFaults(ctx, definition);
  return ctx.tx(async (tx) => {
    const current = await findPipelineForChange(tx, id);
    if (current === null) throw new AppError('pipelines.not-found');
    // What was checked is what is saved: a change in between is a conflict as well.
    if (current.version !== (version ?? before.version))
      throw new AppError('pipelines.changed', { detail: `It has version ${current.version} by now.` });
    const row = await updatePipeline(tx, id, definition, ctx.clock.now());
    await emitEvent(ctx, tx, {
      type: 'pipelines.changed',
      subject: `pipelines/${id}`,
      payload: { name: row.name, version: row.version },
    });
    await recordAudit(ctx, tx, {
      action: 'pipelines.change',
      object: `pipelines/${id}`,
      details: { version: row.version },
    });
    return toPipeline(row);
  });
}

export async function removePipeline(ctx: Ctx, id: string): Promise<void> {
  await ctx.tx(async (tx) => {
    const row = await findPipelineForChange(tx, id);
    if (row === null) throw new AppError('pipelines.not-found');
    if ((await countActiveRuns(tx, { pipelineId: id })) > 0) throw new AppError('pipelines.in-use');
    await deletePipeline(tx, id);
    await emitEvent(ctx, tx, { type: 'pipelines.removed', subject: `pipelines/${id}`, payload: { name: row.name } });
    await recordAudit(ctx, tx, { action: 'pipelines.remove', object: `pipelines/${id}`, details: { name: row.name } });
  });
}

export async function listPipelinePage(ctx: Ctx, cursor: string | undefined, limit: number) {
  const rows = await listPipelines(ctx.database, sightOf(ctx.actor), readCursor(cursor), limit + 1);
  const page = rows.slice(0, limit);
  return {
    items: page.map((row) => ({
      id: row.id,
      name: row.name,
      description: row.description,
      version: row.version,
      publishedVersion: row.published_version,
      nodeCount: row.node_count,
      lastRun:
        row.run_id === null || row.run_at === null
          ? null
          : { id: row.run_id, status: row.run_status as RunStatus, at: row.run_at.toISOString() },
      createdAt: row.created_at.toISOString(),
      updatedAt: row.updated_at.toISOString(),
    })),
    nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  };
}
