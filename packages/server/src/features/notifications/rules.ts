// Whose a notification is. Pure.
import type { Guarded } from '../../ctx.ts';

/** Without a user it is for operators and above. */
export function guardOf({ userId }: { readonly userId: string | null }): Guarded {
  return { ownerId: userId, operators: userId === null };
}
