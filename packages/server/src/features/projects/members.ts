// Who sees a project. A change is told twice: to its members, and to the person whose projects are others from then on,
// which makes their open sockets look again.
import { AppError } from '@gathering/contract/errors';
import {
  type addProjectMemberRoute,
  type listProjectCandidatesRoute,
  type listProjectMembersRoute,
  maxProjectMembers,
  type ProjectMember,
  type removeProjectMemberRoute,
} from '@gathering/contract/projects';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents } from '../events/index.ts';
import { membershipChanged } from './rules.ts';
import { readProject, requireSeen } from './service.ts';
import { lockProject } from './store.ts';
import {
  deleteMember,
  insertMember,
  selectCandidates,
  selectMember,
  selectMemberIds,
  selectMembers,
} from './store-members.ts';

const mostCandidates = 20;

export async function listMembers(
  ctx: Ctx,
  { params }: InputOf<typeof listProjectMembersRoute>,
): Promise<ReplyOf<typeof listProjectMembersRoute>> {
  await readProject(ctx, params.id);
  return { items: await selectMembers(ctx.database, params.id) };
}

export async function listCandidates(
  ctx: Ctx,
  { params, query }: InputOf<typeof listProjectCandidatesRoute>,
): Promise<ReplyOf<typeof listProjectCandidatesRoute>> {
  await readProject(ctx, params.id);
  const { search } = query;
  return { items: await selectCandidates(ctx.database, { projectId: params.id, search, limit: mostCandidates }) };
}

/** Throws AppError `projects.not-found`, `auth.user-not-found` or `projects.too-many-members`. Adding again changes nothing. */
export async function addMember(
  ctx: Ctx,
  { params: { id, userId } }: InputOf<typeof addProjectMemberRoute>,
): Promise<ProjectMember> {
  return ctx.tx(async (tx) => {
    requireSeen(ctx, id, await lockProject(tx, id));
    const known = await selectMember(tx, id, userId);
    if (known !== undefined) return known;
    if ((await selectMemberIds(tx, id)).length >= maxProjectMembers) throw new AppError('projects.too-many-members');
    await insertMember(tx, { projectId: id, userId, addedAt: ctx.clock.now(), addedBy: actorName(ctx.actor) });
    const member = await selectMember(tx, id, userId);
    if (member === undefined) throw new AppError('auth.user-not-found');
    await tell(ctx, tx, { projectId: id, userId, isMember: true });
    const details = { userId };
    await recordAudit(ctx, tx, { action: 'projects.add-member', object: `projects/${id}`, details });
    return member;
  });
}

/** Throws AppError `projects.not-found` or `projects.member-not-found`. */
export async function removeMember(
  ctx: Ctx,
  { params: { id, userId } }: InputOf<typeof removeProjectMemberRoute>,
): Promise<undefined> {
  await ctx.tx(async (tx) => {
    requireSeen(ctx, id, await lockProject(tx, id));
    if (!(await deleteMember(tx, id, userId))) throw new AppError('projects.member-not-found');
    await tell(ctx, tx, { projectId: id, userId, isMember: false });
    const details = { userId };
    await recordAudit(ctx, tx, { action: 'projects.remove-member', object: `projects/${id}`, details });
  });
}

function tell(
  ctx: Ctx,
  tx: Tx,
  { projectId, userId, isMember }: { projectId: string; userId: string; isMember: boolean },
): Promise<void> {
  return emitEvents(ctx, tx, [
    {
      type: 'projects.members-changed',
      subject: `projects/${projectId}`,
      related: [`users/${userId}`],
      payload: { isMember },
      audience: { projectId },
    },
    membershipChanged(projectId, userId, isMember),
  ]);
}
