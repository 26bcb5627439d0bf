// What the person who is signed in may do, so that no page offers what the server would refuse. The server decides.
import { meRoute } from '@gathering/contract/auth';
import { type Permission, roleGrants } from '@gathering/contract/permissions';
import { useRead } from './query.ts';

export type May = (permission: Permission) => boolean;

/** Until it is known who they are, nothing that needs a permission is offered. */
export function useMay(): May {
  const role = useRead(meRoute, {}).data?.role;
  return (permission) => role !== undefined && roleGrants(role, permission);
}
