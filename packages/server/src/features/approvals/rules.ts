// Who may decide, what a vote makes of a request, and the hash over what was shown. No I/O, no clock.
import { createHash } from 'node:crypto';
import type { ApprovalState } from '@gathering/contract/approvals';
import type { Json } from '@gathering/contract/json';
import { type Role, roles } from '@gathering/contract/permissions';
import type { Actor, Guarded } from '../../ctx.ts';

/** The role and all above it: whoever may more may this too. */
export function rolesFrom(role: Role): Role[] {
  return roles.slice(roles.indexOf(role));
}

export interface Asked {
  readonly ownerId: string | null;
  readonly projectId: string | null;
  readonly roles: readonly Role[] | null;
  readonly userIds: readonly string[] | null;
  readonly excludedId: string | null;
}

/** Of what asks: the members of its project; without one whoever began it, and operators. */
export function guardOfRequest({ ownerId, projectId }: Pick<Asked, 'ownerId' | 'projectId'>): Guarded {
  return projectId === null ? { ownerId, operators: true } : { projectId };
}

/**
 * `sees`: whether this person sees a guarded thing. Roles and people that are named decide only where they see the
 * project; without any, whoever sees what asks does.
 */
export function isDecider(
  actor: Pick<Actor, 'kind' | 'id' | 'role'>,
  asked: Asked,
  sees: (guarded: Guarded) => boolean,
): boolean {
  if (actor.kind !== 'user' || actor.role === null || actor.id === asked.excludedId) return false;
  if (asked.roles === null && asked.userIds === null) return sees(guardOfRequest(asked));
  const isNamed = (asked.roles?.includes(actor.role) ?? false) || (asked.userIds?.includes(actor.id) ?? false);
  return isNamed && (asked.projectId === null || sees({ projectId: asked.projectId }));
}

/** One rejection rejects; so many approvals as the quorum approve. */
export function decideState(
  decision: 'approve' | 'reject',
  approvals: number,
  quorum: number,
): Extract<ApprovalState, 'open' | 'approved' | 'rejected'> {
  if (decision === 'reject') return 'rejected';
  return approvals >= quorum ? 'approved' : 'open';
}

/** JSON with the keys of every object in the order of their code units and no blanks: one text for one value. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

export interface Shown {
  readonly title: string;
  readonly body: string;
  readonly arguments: { readonly [key: string]: Json } | null;
  readonly subject: string;
  readonly place: string;
}

export function hashShown({ title, body, arguments: given, subject, place }: Shown): string {
  const text = canonicalJson({ arguments: given, body, place, subject, title });
  return createHash('sha256').update(text).digest('hex');
}
