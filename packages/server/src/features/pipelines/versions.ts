// Versions of a pipeline: its draft is published as one, an older one is brought back as a new one. A run stays on the
// version that it started with, since it has a copy.
// Invariant: there is always exactly one published version, and its definition has passed every check.
import { AppError } from '@gathering/contract/errors';
import type { Pipeline } from '@gathering/contract/pipelines';
import { mostVersions, type Version, type VersionRow, type VersionState } from '@gathering/contract/pipelines-versions';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { definitionOf, readPipeline, refuseFaults, toPipeline } from './service.ts';
import { findPipelineForChange, type PipelineRow, setPublished } from './store/pipelines.ts';
import {
  findVersion,
  insertVersion,
  listVersionRows,
  markRolledBack,
  pruneVersions,
  type VersionRowRecord,
} from './store/versions.ts';

interface Wish {
  /** The version that the caller has seen. */
  readonly version?: number | undefined;
  readonly note?: string | undefined;
}

/** Throws AppError `pipelines.nothing-to-publish`, `pipelines.changed`, `pipelines.invalid`. */
export async function publishPipeline(ctx: Ctx, id: string, { version, note = '' }: Wish): Promise<Pipeline> {
  const before = await readPipeline(ctx, id);
  await refuseFaults(ctx, definitionOf(before));
  return ctx.tx(async (tx) => {
    const current = await requireUnchanged(tx, id, version ?? before.version, before.version);
    if (current.version === current.published_version) throw new AppError('pipelines.nothing-to-publish');
    const definition = definitionOf(current);
    const made = { pipelineId: id, version: current.version, definition, isPublished: true, restores: null, note };
    const row = await putInUse(ctx, tx, made);
    await recordAudit(ctx, tx, {
      action: 'pipelines.publish',
      object: `pipelines/${id}`,
      details: { version: row.version },
    });
    return toPipeline(row);
  });
}

/** Also throws AppError `pipelines.version-not-found`. A draft that it replaces is kept as a version. */
export async function rollBackPipeline(
  ctx: Ctx,
  id: string,
  target: number,
  { version, note = '' }: Wish,
): Promise<Pipeline> {
  const before = await readPipeline(ctx, id);
  const { definition } = await requireVersion(ctx, id, target);
  await refuseFaults(ctx, definition);
  return ctx.tx(async (tx) => {
    const current = await requireUnchanged(tx, id, version ?? before.version, before.version);
    const hasDraft = current.version !== current.published_version;
    if (!hasDraft && target === current.published_version) throw new AppError('pipelines.nothing-to-publish');
    if (hasDraft) await putAside(ctx, tx, current, target);
    const next = current.version + 1;
    const made = { pipelineId: id, version: next, definition, isPublished: true, restores: target, note };
    await markRolledBack(tx, id, target, next);
    const row = await putInUse(ctx, tx, made);
    await recordAudit(ctx, tx, {
      action: 'pipelines.roll-back',
      object: `pipelines/${id}`,
      details: { version: next, restores: target },
    });
    return toPipeline(row);
  });
}

async function requireUnchanged(tx: Tx, id: string, seen: number, checked: number): Promise<PipelineRow> {
  const current = await findPipelineForChange(tx, id);
  if (current === null) throw new AppError('pipelines.not-found');
  // What was checked is what is published: a change in between is a conflict as well.
  if (current.version === seen && current.version === checked) return current;
  throw new AppError('pipelines.changed', { detail: `It has version ${current.version} by now.` });
}

async function putAside(ctx: Ctx, tx: Tx, row: PipelineRow, target: number): Promise<void> {
  await insertVersion(tx, {
    pipelineId: row.id,
    version: row.version,
    definition: definitionOf(row),
    isPublished: false,
    restores: null,
    note: `Put aside when version ${target} was brought back.`,
    by: actorName(ctx.actor),
    at: ctx.clock.now(),
  });
}

async function putInUse(
  ctx: Ctx,
  tx: Tx,
  made: Omit<Parameters<typeof insertVersion>[1], 'by' | 'at'>,
): Promise<PipelineRow> {
  const { pipelineId, version, definition } = made;
  const at = ctx.clock.now();
  await insertVersion(tx, { ...made, by: actorName(ctx.actor), at });
  const row = await setPublished(tx, pipelineId, version, definition, at);
  await pruneVersions(tx, pipelineId, version, mostVersions);
  await emitEvent(ctx, tx, {
    type: 'pipelines.published',
    subject: `pipelines/${pipelineId}`,
    payload: { name: row.name, version, restores: made.restores },
  });
  return row;
}

async function requireVersion(ctx: Pick<Ctx, 'database'>, id: string, version: number) {
  const found = await findVersion(ctx.database, id, version);
  if (found === null) throw new AppError('pipelines.version-not-found');
  return found;
}

const stateOf = (row: VersionRowRecord, published: number): VersionState => {
  if (row.version === published) return 'published';
  if (!row.is_published) return 'draft';
  return row.is_rolled_back ? 'rolled-back' : 'superseded';
};

const toRow = (row: VersionRowRecord, published: number): VersionRow => ({
  version: row.version,
  state: stateOf(row, published),
  nodeCount: row.node_count,
  note: row.note,
  restores: row.restores,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
});

export async function readVersion(ctx: Ctx, id: string, version: number): Promise<Version> {
  const pipeline = await readPipeline(ctx, id);
  const found = await requireVersion(ctx, id, version);
  return { ...toRow(found, pipeline.published_version), definition: found.definition };
}

export async function listVersionPage(ctx: Ctx, id: string, cursor: string | undefined, limit: number) {
  const pipeline = await readPipeline(ctx, id);
  const rows = await listVersionRows(ctx.database, id, readVersionCursor(cursor), limit + 1);
  const items = rows.slice(0, limit).map((row) => toRow(row, pipeline.published_version));
  return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.version) : null };
}

function readVersionCursor(cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  if (/^[1-9]\d{0,8}$/.test(cursor)) return Number(cursor);
  const message = 'This is no cursor of this list: use `nextCursor` of the page before.';
  throw new AppError('request.invalid', { faults: [{ at: '/cursor', in: 'query', rule: 'cursor', message }] });
}
