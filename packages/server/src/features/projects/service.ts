// Projects: registered folders. Removing one leaves its folder alone.
import { basename } from 'node:path';
import { AppError } from '@gathering/contract/errors';
import type { changeProjectRoute, createProjectRoute, listProjectsRoute, Project } from '@gathering/contract/projects';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import { actorName, type Ctx, sightOf, type Tx } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent, emitEvents } from '../events/index.ts';
import { isGitRepository, requireFolder } from './check-folder.ts';
import { membershipChanged } from './rules.ts';
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
import { insertMember, selectMemberIds } from './store-members.ts';

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
  const rows = await selectProjects(ctx.database, sightOf(ctx.actor), { after, limit: limit + 1 });
  const { items, nextCursor } = cutPage(rows, limit, (row) => [row.sortName]);
  return { items: await Promise.all(items.map(describe)), nextCursor };
}

/** Throws AppError `projects.not-found`, also where the actor is no member. */
export async function readProject(ctx: Pick<Ctx, 'database' | 'may'>, id: string): Promise<Project> {
  return describe(requireSeen(ctx, id, await selectProject(ctx.database, id)));
}

/** For whoever is no member the project does not exist. What may be done with it, the door has asked. */
export function requireSeen(ctx: Pick<Ctx, 'may'>, projectId: string, row: ProjectRow | undefined): ProjectRow {
  if (row === undefined || !ctx.may('signed-in', { projectId })) throw new AppError('projects.not-found');
  return row;
}

export async function createProject(ctx: Ctx, { body }: InputOf<typeof createProjectRoute>): Promise<Project> {
  const folder = await requireFolder(ctx, body.folder);
  const now = ctx.clock.now();
  const { name, description = '' } = body;
  const row: ProjectRow = { id: ctx.ids.next(), name, description, folder, createdAt: now, updatedAt: now };
  await ctx.tx(async (tx) => {
    await saveProject(tx, row);
    await tell(ctx, tx, 'projects.created', row);
    await joinCreator(ctx, tx, row);
    await recordAudit(ctx, tx, { action: 'projects.create', object: `projects/${row.id}`, details: { name, folder } });
  });
  return describe(row);
}

/** Whoever makes a project sees it; the system needs no membership. */
async function joinCreator(ctx: Ctx, tx: Tx, { id, createdAt }: ProjectRow): Promise<void> {
  const { kind, id: userId } = ctx.actor;
  if (kind !== 'user') return;
  const isNew = await insertMember(tx, { projectId: id, userId, addedAt: createdAt, addedBy: actorName(ctx.actor) });
  if (isNew) await emitEvent(ctx, tx, membershipChanged(id, userId, true));
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
  requireSeen(ctx, params.id, await selectProject(ctx.database, params.id));
  const folder = body.folder === undefined ? undefined : await requireFolder(ctx, body.folder);
  const row = await ctx.tx(async (tx) => {
    const current = requireSeen(ctx, params.id, await lockProject(tx, params.id));
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
    const before = requireSeen(ctx, params.id, await lockProject(tx, params.id));
    await refuseWhileUsed(tx, before);
    const members = await selectMemberIds(tx, params.id);
    await deleteProject(tx, params.id);
    await tell(ctx, tx, 'projects.removed', before);
    await emitEvents(
      ctx,
      tx,
      members.map((userId) => membershipChanged(params.id, userId, false)),
    );
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
  const audience = { projectId: row.id };
  return emitEvent(ctx, tx, { type, subject: `projects/${row.id}`, payload: { name: row.name }, audience });
}
