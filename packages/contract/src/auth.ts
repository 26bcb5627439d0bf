// Signing in: the owner's set-up, sessions and socket tickets.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { roles } from './permissions.ts';
import { defineRoute } from './route.ts';

export const userSchema = z.strictObject({
  id: idSchema,
  email: z.string(),
  name: z.string(),
  role: z.enum(roles),
  createdAt: timeSchema,
});
export type User = z.infer<typeof userSchema>;

const email = z.email().max(254).describe('E-mail address.');
/** Longer ones are refused before they are hashed. */
const password = z.string().min(12).max(256).describe('Password of 12 to 256 characters.');

export const sessionSchema = z.strictObject({
  accessToken: z.string().describe('Bearer token for `Authorization`.'),
  expiresAt: timeSchema,
  user: userSchema,
});

export const loginRoute = defineRoute({
  name: 'auth.sign-in',
  method: 'POST',
  path: '/auth/login',
  summary: 'Sign in with e-mail and password.',
  permission: 'public',
  body: z.strictObject({ email: z.string().min(1).max(254), password: z.string().min(1).max(256) }),
  reply: sessionSchema,
  errors: ['auth.wrong-credentials', 'auth.locked-out'],
});
export const logoutRoute = defineRoute({
  name: 'auth.sign-out',
  method: 'POST',
  path: '/auth/logout',
  summary: 'End this session.',
  permission: 'signed-in',
  reply: z.undefined(),
  status: 204,
  errors: [],
});
export const meRoute = defineRoute({
  name: 'auth.read-me',
  method: 'GET',
  path: '/auth/me',
  summary: 'Who am I?',
  permission: 'signed-in',
  reply: userSchema,
  errors: [],
});
export const setupStateRoute = defineRoute({
  name: 'auth.read-setup',
  method: 'GET',
  path: '/auth/setup',
  summary: 'Does this server have an owner yet?',
  permission: 'public',
  reply: z.strictObject({ ownerExists: z.boolean() }),
  errors: [],
});
export const setupRoute = defineRoute({
  name: 'auth.set-up-owner',
  method: 'POST',
  path: '/auth/setup',
  summary: 'Make the owner, with the one-time link that the first start printed.',
  permission: 'public',
  body: z.strictObject({
    token: z.string().min(1).max(200),
    email,
    password,
    name: z.string().trim().min(1).max(100).optional(),
  }),
  reply: sessionSchema,
  status: 201,
  errors: ['auth.setup-done', 'auth.setup-link-invalid'],
});
export const socketTicketRoute = defineRoute({
  name: 'auth.make-socket-ticket',
  method: 'POST',
  path: '/auth/socket-ticket',
  summary: 'A single-use ticket that opens /ws?ticket=... within 30 s.',
  permission: 'signed-in',
  reply: z.strictObject({ ticket: z.string(), expiresAt: timeSchema }),
  status: 201,
  errors: [],
});
