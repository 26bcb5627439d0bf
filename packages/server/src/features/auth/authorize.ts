// What an actor may do: the permission from the one table of roles in the contract, and the one rule on objects.
import { AppError } from '@gathering/contract/errors';
import { type Permission, roleGrants, rolesThatOperate } from '@gathering/contract/permissions';
import type { Actor, Guarded } from '../../ctx.ts';

/** Whoever has not signed in. */
export function anonymousActor(address: string | null): Actor {
  return {
    kind: 'system',
    id: 'anonymous',
    role: null,
    scopes: null,
    credential: 'none',
    projects: new Set(),
    sessionId: null,
    address,
  };
}

export function actorMay(actor: Actor, permission: Permission, object?: Guarded): boolean {
  return hasPermission(actor, permission) && (object === undefined || maySee(actor, object));
}

function hasPermission({ role, scopes, credential }: Actor, permission: Permission): boolean {
  if (permission === 'public') return true;
  if (role === null) return false;
  if (permission === 'signed-in') return true;
  if (permission === 'account.manage' && credential !== 'cookie' && credential !== 'access-token') return false;
  return roleGrants(role, permission) && (scopes === null || scopes.includes(permission));
}

/**
 * What belongs to a person is theirs alone, whatever role others have; what belongs to a project is its members'. The
 * same rule for lists is the function `auth.may_see` of the database.
 */
function maySee(actor: Actor, { ownerId = null, projectId = null, operators = false }: Guarded): boolean {
  if (actor.role === null) return false;
  if (actor.kind === 'system') return true;
  if (operators && rolesThatOperate.includes(actor.role)) return true;
  if (ownerId !== null) return ownerId === actor.id;
  if (operators) return false;
  return projectId === null || actor.projects === 'all' || actor.projects.has(projectId);
}

/** Throws `auth.required` for somebody unknown, `auth.forbidden` for somebody known. */
export function authorize(actor: Actor, permission: Permission): void {
  if (actorMay(actor, permission)) return;
  if (actor.role === null) throw new AppError('auth.required');
  throw new AppError('auth.forbidden', { detail: `This needs the permission \`${permission}\`.` });
}
