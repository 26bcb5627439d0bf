// Who is signed in, as of now, and what they may do, so that no page offers what the server would refuse. The server decides.
import { meRoute, type User } from '@gathering/contract/auth';
import { type Permission, roleGrants } from '@gathering/contract/permissions';
import { useRead } from './query.ts';
import { session } from './session.ts';
import { useStore } from './store.ts';

export type May = (permission: Permission) => boolean;

/** As the session began with them until the server has said today's, so that a page is whole when it is first shown. */
export function useMe(): User | null {
  const began = useStore(session)?.user ?? null;
  return useRead(meRoute, {}, { enabled: began !== null }).data ?? began;
}

/** Nothing that needs a permission is offered to nobody. */
export function useMay(): May {
  const role = useMe()?.role;
  return (permission) => role !== undefined && roleGrants(role, permission);
}
