// What is told of a membership. Pure.
import type { NewEvent } from '../events/index.ts';

/** That the project is there or gone for this person; for them alone. */
export function membershipChanged(projectId: string, userId: string, isMember: boolean): NewEvent {
  return {
    type: 'projects.membership-changed',
    subject: `users/${userId}`,
    payload: { projectId, isMember },
    audience: { ownerId: userId },
  };
}
