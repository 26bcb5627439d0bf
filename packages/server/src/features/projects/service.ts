// Projects: registered folders. Removing one leaves its folder alone.
import { basename } from 'node:path';
import { AppError } from '@gathering/contract/errors';
import type { changeProjectRoute, createProjectRoute, listProjectsRoute, Project } from '@gathering/contract/projects';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx, Tx } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { isGitRepository, requireFolder } from './check-folder.ts';
import {
  deleteProject,
  lockProject,
  type ProjectRow,
  saveProject,
  selectProject,
  selectProjectByFolder,
  selectProjects,
  selectSortNames,
} from './store.ts';

type ById = { readonly params: { readonly id: string } };

/** Whether something that is not finished works in a project. */
export type ProjectUseReader = (handle: Database | Tx, projectId: string) => Promise<boolean>;
const useReaders: ProjectUseReader[] = [];

/** Called by `boot` for everything that works in projects. */
export function registerProjectUse(read: ProjectUseReader): void {
  useReaders.push(read);
}

export async function listProjects(
  ctx: Ctx,
  { query: { limit, cursor } }: InputOf<typeof listProjectsRoute>,
): Promise<ReplyOf<typeof listProjectsRoute>> {
  const after = readPageCursor(cursor, 1)?.[0] ?? null;
  const rows = await selectProjects(ctx.database, { after, limit: limit + 1 });
  const { items, nextCursor } = cutPage(rows, limit, (row) => [row.sortName]);
  return { items: await Promise.all(items.map(describe)), nextCursor };
}

/** Throws AppError `projects.not-found`. */
export async function readProject(ctx: Pick<Ctx, 'database'>, id: string): Promise<Project> {
  const row = await selectProject(ctx.database, id);
  if (row === undefined) throw new AppError('projects.not-found');
  return describe(row);
}

export async function createProject(ctx: Ctx, { body }: InputOf<typeof createProjectRoute>): Promise<Project> {
  const folder = await requireFolder(ctx, body.folder);
  const now = ctx.clock.now();
  const { name, description = '' } = body;
  const row: ProjectRow = { id: ctx.ids.next(), name, description, folder, createdAt: now, updatedAt: now };
  await ctx.tx(async (tx) => {
    await saveProject(tx, row);
    await tell(ctx, tx, 'projects.created', row);
    await recordAudit(ctx, tx, { action: 'projects.create', object: `projects/${row.id}`, details: { name, folder } });
  });
  return describe(row);
}

/** The project of this folder, registered under a name of its own when there is none yet. */
export async function ensureProject(ctx: Ctx, path: string): Promise<Project> {
  const folder = await requireFolder(ctx, path);
  const known = await selectProjectByFolder(ctx.database, folder);
  if (known !== undefined) return describe(known);
  const taken = new Set(await selectSortNames(ctx.database));
  const base = basename(folder).slice(0, 90);
  let name = base;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${base} ${number}`;
  return createProject(ctx, { body: { name, folder } });
}

export async function changeProject(ctx: Ctx, { params, body }: InputOf<typeof changeProjectRoute>): Promise<Project> {
  if ((await selectProject(ctx.database, params.id)) === undefined) throw new AppError('projects.not-found');
  const folder = body.folder === undefined ? undefined : await requireFolder(ctx, body.folder);
  const row = await ctx.tx(async (tx) => {
    const current = await lockProject(tx, params.id);
    if (current === undefined) throw new AppError('projects.not-found');
    if (folder !== undefined && folder !== current.folder) await refuseWhileUsed(tx, current);
    const changed: ProjectRow = {
      ...current,
      name: body.name ?? current.name,
      description: body.description ?? current.description,
      folder: folder ?? current.folder,
      updatedAt: ctx.clock.now(),
    };
    await saveProject(tx, changed);
    await tell(ctx, tx, 'projects.changed', changed);
    const details = { fields: Object.keys(body).sort(), ...(folder !== undefined && { folder }) };
    await recordAudit(ctx, tx, { action: 'projects.change', object: `projects/${current.id}`, details });
    return changed;
  });
  return describe(row);
}

export async function removeProject(ctx: Ctx, { params }: ById): Promise<undefined> {
  await ctx.tx(async (tx) => {
    const before = await lockProject(tx, params.id);
    if (before === undefined) throw new AppError('projects.not-found');
    await refuseWhileUsed(tx, before);
    await deleteProject(tx, params.id);
    await tell(ctx, tx, 'projects.removed', before);
    const details = { name: before.name, folder: before.folder };
    await recordAudit(ctx, tx, { action: 'projects.remove', object: `projects/${before.id}`, details });
  });
}

async function refuseWhileUsed(tx: Tx, row: ProjectRow): Promise<void> {
  for (const isUsed of useReaders) {
    if (await isUsed(tx, row.id)) {
      throw new AppError('projects.in-use', { detail: `Runs that are not finished work in ${row.name}.` });
    }
  }
}

async function describe(row: ProjectRow): Promise<Project> {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    folder: row.folder,
    isGitRepository: await isGitRepository(row.folder),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

function tell(ctx: Ctx, tx: Tx, type: 'projects.created' | 'projects.changed' | 'projects.removed', row: ProjectRow) {
  return emitEvent(ctx, tx, { type, subject: `projects/${row.id}`, payload: { name: row.name } });
}
