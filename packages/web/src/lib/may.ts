// What the signed-in person may do, for pages that show only what is of use; the server decides by itself.
import { type Permission, roleGrants } from '@gathering/contract/permissions';
import { currentUser } from './session.ts';

export function mayDo(permission: Permission): boolean {
  const user = currentUser();
  return user !== null && roleGrants(user.role, permission);
}
