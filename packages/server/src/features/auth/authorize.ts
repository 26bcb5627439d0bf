// What an actor may do, from the one table of roles in the contract.
import { AppError } from '@gathering/contract/errors';
import { type Permission, roleGrants } from '@gathering/contract/permissions';
import type { Actor } from '../../ctx.ts';

/** Whoever has not signed in. */
export function anonymousActor(address: string | null): Actor {
  return { kind: 'system', id: 'anonymous', role: null, sessionId: null, address };
}

export function actorMay(actor: Actor, permission: Permission): boolean {
  if (permission === 'public') return true;
  if (actor.role === null) return false;
  return permission === 'signed-in' || roleGrants(actor.role, permission);
}

/** Throws `auth.required` for somebody unknown, `auth.forbidden` for somebody known. */
export function authorize(actor: Actor, permission: Permission): void {
  if (actorMay(actor, permission)) return;
  if (actor.role === null) throw new AppError('auth.required');
  throw new AppError('auth.forbidden', { detail: `This needs the permission \`${permission}\`.` });
}
