// Signing in and one's own account: sessions, tokens, second factor, API keys. Users and invitations are in `users.ts`.
import * as z from 'zod';
import { longestPassword, shortestPassword } from './auth-passwords.ts';
import { idSchema, timeSchema } from './ids.ts';
import { keyScopes, permissions, roles } from './permissions.ts';
import { defineRoute } from './route.ts';

/** No control characters, no marks that turn the direction of text: a name shows as it is. */
const plainText = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]*$/u;
export const personNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(plainText, 'Only characters that can be seen.')
  .describe('Name as others see it.');
/** Letters of ASCII only, so that no two addresses merely look alike. */
export const emailSchema = z.email().max(254).describe('E-mail address.');
/** Longer ones are refused before they are hashed. */
export const newPasswordSchema = z
  .string()
  .min(shortestPassword)
  .max(longestPassword)
  .describe(`Password of ${shortestPassword} to ${longestPassword} characters, none of the common ones.`);
const givenPassword = z.string().min(1).max(longestPassword);
const givenCode = z
  .string()
  .min(6)
  .max(32)
  .describe('Six digits of the authenticator app, or one of the recovery codes.');
const oneTimeToken = z.string().min(1).max(200).describe('From the one-time link.');

export const userSchema = z.strictObject({
  id: idSchema,
  email: z.string(),
  name: z.string(),
  role: z.enum(roles),
  createdAt: timeSchema,
  /** Null: may sign in. */
  disabledAt: timeSchema.nullable(),
  secondFactor: z.boolean().describe('A code of an authenticator app is asked for at sign-in.'),
});
export type User = z.infer<typeof userSchema>;

export const sessionSchema = z.strictObject({
  accessToken: z.string().describe('Bearer token for `Authorization`, valid for minutes.'),
  expiresAt: timeSchema,
  refreshToken: z.string().describe('Gets the next pair from POST /api/auth/refresh, once.'),
  refreshExpiresAt: timeSchema,
  user: userSchema,
});
export type Session = z.infer<typeof sessionSchema>;

/** What the dashboard knows of its session; the session itself is in a cookie that scripts cannot read. */
export const browserSessionSchema = z.strictObject({
  user: userSchema,
  permissions: z.array(z.enum(permissions)),
  csrfToken: z
    .string()
    .nullable()
    .describe('To be sent as `x-csrf-token` with whatever changes something. Null: not signed in by cookie.'),
  expiresAt: timeSchema.nullable().describe('Null: without end, as for a command on this machine.'),
});
export type BrowserSession = z.infer<typeof browserSessionSchema>;

const credentials = z.strictObject({
  email: z.string().min(1).max(254),
  password: givenPassword,
  code: givenCode.optional(),
});
const signInErrors = [
  'auth.wrong-credentials',
  'auth.second-factor-required',
  'auth.wrong-code',
  'auth.locked-out',
] as const;

export const loginRoute = defineRoute({
  name: 'auth.sign-in',
  method: 'POST',
  path: '/auth/login',
  summary: 'Sign in with e-mail and password, for programs: answers an access and a refresh token.',
  permission: 'public',
  rate: 'strict',
  body: credentials,
  reply: sessionSchema,
  errors: signInErrors,
});
export const browserLoginRoute = defineRoute({
  name: 'auth.sign-in-browser',
  method: 'POST',
  path: '/auth/browser-login',
  summary: 'Sign in with e-mail and password, for browsers: sets a cookie that scripts cannot read.',
  permission: 'public',
  rate: 'strict',
  body: credentials,
  reply: browserSessionSchema,
  errors: [...signInErrors, 'auth.foreign-origin'],
});
export const refreshRoute = defineRoute({
  name: 'auth.refresh-session',
  method: 'POST',
  path: '/auth/refresh',
  summary: 'A new pair of tokens for a refresh token. One that comes a second time ends its session.',
  permission: 'public',
  rate: 'strict',
  body: z.strictObject({ refreshToken: z.string().min(1).max(200) }),
  reply: sessionSchema,
  errors: ['auth.refresh-invalid'],
});
export const logoutRoute = defineRoute({
  name: 'auth.sign-out',
  method: 'POST',
  path: '/auth/logout',
  summary: 'End this session.',
  permission: 'signed-in',
  rate: 'standard',
  reply: z.undefined(),
  status: 204,
  errors: [],
});
export const logoutEverywhereRoute = defineRoute({
  name: 'auth.sign-out-everywhere',
  method: 'POST',
  path: '/auth/logout-everywhere',
  summary: 'End all of my sessions, this one too.',
  permission: 'account.manage',
  rate: 'standard',
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
  rate: 'relaxed',
  reply: userSchema,
  errors: [],
});
export const browserSessionRoute = defineRoute({
  name: 'auth.read-session',
  method: 'GET',
  path: '/auth/session',
  summary: 'Who am I, and what may I do? For the dashboard at its start.',
  permission: 'signed-in',
  rate: 'relaxed',
  reply: browserSessionSchema,
  errors: [],
});
export const updateMeRoute = defineRoute({
  name: 'auth.update-me',
  method: 'PATCH',
  path: '/auth/me',
  summary: 'Change my name.',
  permission: 'account.manage',
  rate: 'standard',
  body: z.strictObject({ name: personNameSchema }),
  reply: userSchema,
  errors: [],
});
export const changePasswordRoute = defineRoute({
  name: 'auth.change-password',
  method: 'POST',
  path: '/auth/password',
  summary: 'Change my password; all of my other sessions end.',
  permission: 'account.manage',
  rate: 'strict',
  body: z.strictObject({ currentPassword: givenPassword, newPassword: newPasswordSchema }),
  reply: z.undefined(),
  status: 204,
  errors: ['auth.wrong-password', 'auth.weak-password', 'auth.locked-out'],
});

export const setupStateRoute = defineRoute({
  name: 'auth.read-setup',
  method: 'GET',
  path: '/auth/setup',
  summary: 'Does this server have an owner yet, and may people register?',
  permission: 'public',
  rate: 'relaxed',
  reply: z.strictObject({ ownerExists: z.boolean(), selfRegistration: z.boolean() }),
  errors: [],
});
export const setupRoute = defineRoute({
  name: 'auth.set-up-owner',
  method: 'POST',
  path: '/auth/setup',
  summary: 'Make the owner, with the one-time link that the first start printed; signing in comes after.',
  permission: 'public',
  rate: 'strict',
  body: z.strictObject({
    token: oneTimeToken,
    email: emailSchema,
    password: newPasswordSchema,
    name: personNameSchema.optional(),
  }),
  reply: userSchema,
  status: 201,
  errors: ['auth.setup-done', 'auth.setup-link-invalid', 'auth.weak-password'],
});
export const registerRoute = defineRoute({
  name: 'auth.register',
  method: 'POST',
  path: '/auth/register',
  summary: 'Make an account of my own, where an owner allows it. Its role is `viewer`.',
  permission: 'public',
  rate: 'strict',
  body: z.strictObject({ email: emailSchema, password: newPasswordSchema, name: personNameSchema }),
  reply: userSchema,
  status: 201,
  errors: ['auth.registration-closed', 'auth.email-taken', 'auth.weak-password'],
});
export const acceptInvitationRoute = defineRoute({
  name: 'auth.accept-invitation',
  method: 'POST',
  path: '/auth/invitation',
  summary: 'Make the account that an invitation is for.',
  permission: 'public',
  rate: 'strict',
  body: z.strictObject({ token: oneTimeToken, password: newPasswordSchema, name: personNameSchema }),
  reply: userSchema,
  status: 201,
  errors: ['auth.link-invalid', 'auth.email-taken', 'auth.weak-password'],
});
export const resetPasswordRoute = defineRoute({
  name: 'auth.reset-password',
  method: 'POST',
  path: '/auth/password-reset',
  summary: 'Set a new password with a one-time link that an owner or admin made; all sessions of the account end.',
  permission: 'public',
  rate: 'strict',
  body: z.strictObject({ token: oneTimeToken, newPassword: newPasswordSchema }),
  reply: z.undefined(),
  status: 204,
  errors: ['auth.link-invalid', 'auth.weak-password'],
});

export const ownSessionSchema = z.strictObject({
  id: idSchema,
  kind: z.enum(['browser', 'program']),
  createdAt: timeSchema,
  lastSeenAt: timeSchema,
  expiresAt: timeSchema,
  address: z.string().nullable(),
  userAgent: z.string().nullable().describe('As the browser or program names itself, shortened.'),
  current: z.boolean().describe('The session that asks.'),
});
export type OwnSession = z.infer<typeof ownSessionSchema>;
export const listSessionsRoute = defineRoute({
  name: 'auth.list-sessions',
  method: 'GET',
  path: '/auth/sessions',
  summary: 'My sessions that have not ended, latest first; at most 100.',
  permission: 'account.manage',
  rate: 'relaxed',
  reply: z.strictObject({ items: z.array(ownSessionSchema) }),
  errors: [],
});
export const endSessionRoute = defineRoute({
  name: 'auth.end-session',
  method: 'DELETE',
  path: '/auth/sessions/:id',
  summary: 'End one of my sessions, with its sockets.',
  permission: 'account.manage',
  rate: 'standard',
  object: { kind: 'sessions', param: 'id' },
  params: z.strictObject({ id: idSchema }),
  reply: z.undefined(),
  status: 204,
  errors: ['auth.session-not-found'],
});

export const beginSecondFactorRoute = defineRoute({
  name: 'auth.begin-second-factor',
  method: 'POST',
  path: '/auth/second-factor',
  summary: 'Begin to set up an authenticator app (TOTP). It counts from its first code on.',
  permission: 'account.manage',
  rate: 'strict',
  body: z.strictObject({ password: givenPassword }),
  reply: z.strictObject({
    secret: z.string().describe('Base32, to be typed where no picture can be scanned.'),
    uri: z.string().describe('otpauth:// address, to be shown as a QR code.'),
  }),
  status: 201,
  errors: ['auth.wrong-password', 'auth.second-factor-on', 'auth.locked-out'],
});
const recoveryCodes = z.strictObject({
  recoveryCodes: z.array(z.string()).describe('Ten codes that each work once; shown only now.'),
});
export const confirmSecondFactorRoute = defineRoute({
  name: 'auth.confirm-second-factor',
  method: 'POST',
  path: '/auth/second-factor/confirm',
  summary: 'Turn the second factor on with the first code of the app; all of my other sessions end.',
  permission: 'account.manage',
  rate: 'strict',
  body: z.strictObject({ code: givenCode }),
  reply: recoveryCodes,
  errors: ['auth.wrong-code', 'auth.second-factor-on', 'auth.second-factor-off', 'auth.locked-out'],
});
const proof = z.strictObject({ password: givenPassword, code: givenCode });
const proofErrors = ['auth.wrong-password', 'auth.wrong-code', 'auth.second-factor-off', 'auth.locked-out'] as const;
export const renewRecoveryCodesRoute = defineRoute({
  name: 'auth.renew-recovery-codes',
  method: 'POST',
  path: '/auth/second-factor/recovery-codes',
  summary: 'Ten new recovery codes; the old ones are void.',
  permission: 'account.manage',
  rate: 'strict',
  body: proof,
  reply: recoveryCodes,
  errors: proofErrors,
});
export const removeSecondFactorRoute = defineRoute({
  name: 'auth.remove-second-factor',
  method: 'POST',
  path: '/auth/second-factor/remove',
  summary: 'Turn the second factor off.',
  permission: 'account.manage',
  rate: 'strict',
  body: proof,
  reply: z.undefined(),
  status: 204,
  errors: proofErrors,
});

export const apiKeySchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  /** The first characters of the key, to tell keys apart. */
  prefix: z.string(),
  scopes: z.array(z.enum(keyScopes)).nullable().describe('Null: all that its user may.'),
  createdAt: timeSchema,
  expiresAt: timeSchema.nullable(),
  lastUsedAt: timeSchema.nullable(),
});
export type ApiKey = z.infer<typeof apiKeySchema>;
export const listApiKeysRoute = defineRoute({
  name: 'auth.list-api-keys',
  method: 'GET',
  path: '/auth/api-keys',
  summary: 'My API keys, latest first; at most 100.',
  permission: 'account.manage',
  rate: 'relaxed',
  reply: z.strictObject({ items: z.array(apiKeySchema) }),
  errors: [],
});
export const createApiKeyRoute = defineRoute({
  name: 'auth.create-api-key',
  method: 'POST',
  path: '/auth/api-keys',
  summary: 'A new API key for programs; the key itself is shown only now.',
  permission: 'account.manage',
  rate: 'strict',
  body: z.strictObject({
    name: z.string().trim().min(1).max(100).regex(plainText, 'Only characters that can be seen.'),
    scopes: z.array(z.enum(keyScopes)).min(1).max(keyScopes.length).nullable().default(null),
    expiresAt: timeSchema.nullable().default(null),
  }),
  reply: z.strictObject({ key: z.string().describe('Bearer token for `Authorization`.'), apiKey: apiKeySchema }),
  status: 201,
  errors: ['auth.scope-beyond-role', 'auth.expiry-in-the-past', 'auth.too-many-api-keys'],
});
export const deleteApiKeyRoute = defineRoute({
  name: 'auth.delete-api-key',
  method: 'DELETE',
  path: '/auth/api-keys/:id',
  summary: 'Revoke one of my API keys.',
  permission: 'account.manage',
  rate: 'standard',
  object: { kind: 'api-keys', param: 'id' },
  params: z.strictObject({ id: idSchema }),
  reply: z.undefined(),
  status: 204,
  errors: ['auth.api-key-not-found'],
});

export const socketTicketRoute = defineRoute({
  name: 'auth.make-socket-ticket',
  method: 'POST',
  path: '/auth/socket-ticket',
  summary: 'A single-use ticket that opens /ws?ticket=... within 30 s.',
  permission: 'signed-in',
  rate: 'standard',
  reply: z.strictObject({ ticket: z.string(), expiresAt: timeSchema }),
  status: 201,
  errors: [],
});
