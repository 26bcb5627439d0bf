// Users as owners and admins manage them, and invitations to become one.
import * as z from 'zod';
import { emailSchema, personNameSchema, userSchema } from './auth.ts';
import { idSchema, timeSchema } from './ids.ts';
import { pageOf, pageQuery } from './paging.ts';
import { roles } from './permissions.ts';
import { defineRoute } from './route.ts';

const userId = z.strictObject({ id: idSchema });

export const listUsersRoute = defineRoute({
  name: 'auth.list-users',
  method: 'GET',
  path: '/users',
  summary: 'Users by e-mail.',
  permission: 'users.read',
  rate: 'relaxed',
  query: z.strictObject({
    ...pageQuery.shape,
    role: z.enum(roles).optional(),
    search: z.string().trim().min(1).max(100).optional().describe('Part of the e-mail or the name.'),
  }),
  reply: pageOf(userSchema),
  errors: [],
});
export const readUserRoute = defineRoute({
  name: 'auth.read-user',
  method: 'GET',
  path: '/users/:id',
  summary: 'One user.',
  permission: 'users.read',
  rate: 'relaxed',
  params: userId,
  reply: userSchema,
  errors: ['auth.user-not-found'],
});
export const updateUserRoute = defineRoute({
  name: 'auth.update-user',
  method: 'PATCH',
  path: '/users/:id',
  summary: 'Change name or role, disable or enable. Disabling ends every session at once.',
  permission: 'users.write',
  rate: 'standard',
  params: userId,
  body: z.strictObject({
    name: personNameSchema.optional(),
    role: z.enum(roles).optional(),
    disabled: z.boolean().optional(),
  }),
  reply: userSchema,
  errors: ['auth.user-not-found', 'auth.role-above-own', 'auth.last-owner', 'auth.not-yourself'],
});
export const deleteUserRoute = defineRoute({
  name: 'auth.delete-user',
  method: 'DELETE',
  path: '/users/:id',
  summary: 'Delete a user with their sessions, keys and chats. What they did stays in the audit record.',
  permission: 'users.write',
  rate: 'standard',
  params: userId,
  reply: z.undefined(),
  status: 204,
  errors: ['auth.user-not-found', 'auth.role-above-own', 'auth.last-owner', 'auth.not-yourself'],
});
export const endUserSessionsRoute = defineRoute({
  name: 'auth.end-user-sessions',
  method: 'POST',
  path: '/users/:id/end-sessions',
  summary: 'End every session of a user.',
  permission: 'users.write',
  rate: 'standard',
  params: userId,
  reply: z.undefined(),
  status: 204,
  errors: ['auth.user-not-found', 'auth.role-above-own'],
});
export const oneTimeLinkSchema = z.strictObject({
  url: z.string().describe('To be handed to the person; shown only now.'),
  token: z.string(),
  expiresAt: timeSchema,
});
export type OneTimeLink = z.infer<typeof oneTimeLinkSchema>;
export const makeResetLinkRoute = defineRoute({
  name: 'auth.make-reset-link',
  method: 'POST',
  path: '/users/:id/reset-link',
  summary: 'A one-time link with which a user sets a new password. An earlier one is void.',
  permission: 'users.write',
  rate: 'strict',
  params: userId,
  reply: oneTimeLinkSchema,
  status: 201,
  errors: ['auth.user-not-found', 'auth.role-above-own', 'auth.not-yourself'],
});
export const removeUserSecondFactorRoute = defineRoute({
  name: 'auth.remove-user-second-factor',
  method: 'POST',
  path: '/users/:id/remove-second-factor',
  summary: 'Turn off the second factor of a user who lost it; their sessions end.',
  permission: 'users.write',
  rate: 'strict',
  params: userId,
  reply: z.undefined(),
  status: 204,
  errors: ['auth.user-not-found', 'auth.role-above-own', 'auth.not-yourself'],
});

export const invitationSchema = z.strictObject({
  id: idSchema,
  email: z.string(),
  role: z.enum(roles),
  createdAt: timeSchema,
  expiresAt: timeSchema,
  invitedBy: z.string().nullable().describe('`users/<id>` of whoever invited.'),
});
export type Invitation = z.infer<typeof invitationSchema>;
export const listInvitationsRoute = defineRoute({
  name: 'auth.list-invitations',
  method: 'GET',
  path: '/invitations',
  summary: 'Invitations that nobody has accepted yet, latest first; at most 100.',
  permission: 'users.read',
  rate: 'relaxed',
  reply: z.strictObject({ items: z.array(invitationSchema) }),
  errors: [],
});
export const createInvitationRoute = defineRoute({
  name: 'auth.create-invitation',
  method: 'POST',
  path: '/invitations',
  summary: 'Invite somebody by a single-use link. An earlier invitation of the same address is void.',
  permission: 'users.write',
  rate: 'strict',
  body: z.strictObject({ email: emailSchema, role: z.enum(roles) }),
  reply: z.strictObject({ invitation: invitationSchema, link: oneTimeLinkSchema }),
  status: 201,
  errors: ['auth.email-taken', 'auth.role-above-own', 'auth.too-many-invitations'],
});
export const deleteInvitationRoute = defineRoute({
  name: 'auth.delete-invitation',
  method: 'DELETE',
  path: '/invitations/:id',
  summary: 'Take an invitation back.',
  permission: 'users.write',
  rate: 'standard',
  params: userId,
  reply: z.undefined(),
  status: 204,
  errors: ['auth.invitation-not-found', 'auth.role-above-own'],
});
