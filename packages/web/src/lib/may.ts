// What the person who is signed in may do, so that no page offers what the server would refuse. The server decides.
import { meRoute } from '@gathering/contract/auth';
import { type Permission, roleGrants } from '@gathering/contract/permissions';
import { useRead } from './query.ts';
import { session } from './session.ts';
import { useStore } from './store.ts';

export type May = (permission: Permission) => boolean;

/**
 * The role that the session began with until the server has said today's, so that a page is whole when it is first shown.
 * Nothing that needs a permission is offered to nobody.
 */
export function useMay(): May {
  const began = useStore(session)?.user.role;
  const role = useRead(meRoute, {}).data?.role ?? began;
  return (permission) => role !== undefined && roleGrants(role, permission);
}
