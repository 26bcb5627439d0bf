// API keys: what programs show in place of a session. The key itself is shown once and kept as a hash.
// Invariant: a key never does more than its user may at that moment, and never manages an account.
import type { ApiKey, createApiKeyRoute, deleteApiKeyRoute, listApiKeysRoute } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx, Tx } from '../../ctx.ts';
import { hashToken, randomToken } from '../../platform/tokens.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { apiKeyStart } from './authenticate.ts';
import { actorMay } from './authorize.ts';
import { mostApiKeys } from './rules.ts';
import { type ApiKeyRow, deleteApiKey, insertApiKey, lockKeysOfUser, selectApiKeys } from './store-api-keys.ts';

type KeyCtx = Pick<Ctx, 'database' | 'tx' | 'clock' | 'ids' | 'actor' | 'requestId'>;

const shownLetters = 6;

const showKey = ({ createdAt, expiresAt, lastUsedAt, ...row }: ApiKeyRow): ApiKey => ({
  ...row,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt?.toISOString() ?? null,
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});

export async function listApiKeys(ctx: KeyCtx): Promise<ReplyOf<typeof listApiKeysRoute>> {
  return { items: (await selectApiKeys(ctx.database, ctx.actor.id, mostApiKeys)).map(showKey) };
}

export async function createApiKey(
  ctx: KeyCtx,
  { body: { name, scopes, expiresAt } }: InputOf<typeof createApiKeyRoute>,
): Promise<ReplyOf<typeof createApiKeyRoute>> {
  const beyond = (scopes ?? []).filter((scope) => !actorMay(ctx.actor, scope));
  if (beyond.length > 0) {
    throw new AppError('auth.scope-beyond-role', { detail: `You may not ${beyond.join(', ')} yourself.` });
  }
  const now = ctx.clock.now();
  const end = expiresAt === null ? null : new Date(expiresAt);
  if (end !== null && end <= now) throw new AppError('auth.expiry-in-the-past');
  const key = `${apiKeyStart}${randomToken()}`;
  const row: ApiKeyRow = {
    id: ctx.ids.next(),
    name,
    prefix: key.slice(0, apiKeyStart.length + shownLetters),
    scopes: scopes === null ? null : [...new Set(scopes)],
    createdAt: now,
    expiresAt: end,
    lastUsedAt: null,
  };
  await ctx.tx((tx) => storeKey(ctx, tx, row, hashToken(key)));
  return { key, apiKey: showKey(row) };
}

async function storeKey(ctx: KeyCtx, tx: Tx, row: ApiKeyRow, keyHash: string): Promise<void> {
  const userId = ctx.actor.id;
  if ((await lockKeysOfUser(tx, userId)) >= mostApiKeys) throw new AppError('auth.too-many-api-keys');
  await insertApiKey(tx, { ...row, userId, keyHash });
  const details = { name: row.name, scopes: row.scopes, expiresAt: row.expiresAt?.toISOString() ?? null };
  await recordAudit(ctx, tx, { action: 'auth.create-api-key', object: `api-keys/${row.id}`, details });
  await emitEvent(ctx, tx, {
    type: 'auth.api-key-created',
    subject: `api-keys/${row.id}`,
    audience: { ownerId: ctx.actor.id },
    related: [`users/${userId}`],
  });
}

/** Throws AppError `auth.api-key-not-found`, also for a key of somebody else. Its sockets end with it. */
export async function removeApiKey(ctx: KeyCtx, { params: { id } }: InputOf<typeof deleteApiKeyRoute>): Promise<void> {
  await ctx.tx(async (tx) => {
    if (!(await deleteApiKey(tx, ctx.actor.id, id))) throw new AppError('auth.api-key-not-found');
    await tellRemoved(ctx, tx, { id, userId: ctx.actor.id }, 'deleted by its user');
  });
}

export async function tellRemoved(
  ctx: Pick<Ctx, 'clock' | 'ids' | 'actor' | 'requestId'>,
  tx: Tx,
  { id, userId }: { id: string; userId: string },
  reason: 'deleted by its user' | 'expired',
): Promise<void> {
  const details = { reason, user: `users/${userId}` };
  await recordAudit(ctx, tx, { action: 'auth.delete-api-key', object: `api-keys/${id}`, details });
  await emitEvent(ctx, tx, {
    type: 'auth.api-key-removed',
    subject: `api-keys/${id}`,
    audience: { ownerId: userId },
    related: [`users/${userId}`],
    payload: { reason },
  });
}
