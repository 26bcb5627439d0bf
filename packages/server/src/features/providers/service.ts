// Providers as an owner keeps them. A key goes in sealed and never comes out; of it only the last characters
// are shown, and it goes to no other address than it was entered for. Every change leaves an event and an audit entry.
import { AppError, type Fault } from '@gathering/contract/errors';
import type {
  changeProviderRoute,
  createProviderRoute,
  listProvidersRoute,
  Provider,
} from '@gathering/contract/providers';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx, Tx } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { describeProvider, leavesRoomForLocalOllama, localOllama } from './describe-provider.ts';
import { findOllamaModels, ollamaDefaultUrl } from './find-ollama.ts';
import { keyContext } from './key-context.ts';
import {
  deleteProvider,
  lockProvider,
  type ProviderRow,
  saveProvider,
  selectProvider,
  selectProviders,
} from './store.ts';

type ById = { readonly params: { readonly id: string } };

/** Names of what refers to a provider by its name. */
export type ProviderUseReader = (handle: Database | Tx, providerName: string) => Promise<readonly string[]>;
const useReaders: ProviderUseReader[] = [];

/** Called by `boot` for everything that refers to providers by name. */
export function registerProviderUse(read: ProviderUseReader): void {
  useReaders.push(read);
}

export async function listProviders(ctx: Ctx): Promise<ReplyOf<typeof listProvidersRoute>> {
  const now = ctx.clock.now();
  const rows = await selectProviders(ctx.database);
  const found = leavesRoomForLocalOllama(rows) && (await findOllamaModels(ollamaDefaultUrl, now)) !== null;
  const shown = found ? [...rows, localOllama] : rows;
  return { items: await Promise.all(shown.map((row) => describeProvider(row, now))) };
}

export async function readProvider(ctx: Ctx, { params }: ById): Promise<Provider> {
  return describeProvider(await requireRow(ctx, params.id), ctx.clock.now());
}

export async function createProvider(ctx: Ctx, { body }: InputOf<typeof createProviderRoute>): Promise<Provider> {
  if (body.kind === 'openai-compatible' && body.baseUrl === undefined) refuseWithoutAddress();
  const id = ctx.ids.next();
  const now = ctx.clock.now();
  const row: ProviderRow = {
    id,
    name: body.name,
    kind: body.kind,
    baseUrl: body.baseUrl ?? null,
    addressByOwner: ctx.actor.role === 'owner',
    ...sealKey(ctx, id, body.apiKey ?? null),
    builtIn: false,
    enabled: true,
    models: body.models ?? null,
    createdAt: now,
    updatedAt: now,
  };
  await ctx.tx(async (tx) => {
    await saveProvider(tx, row);
    await tell(ctx, tx, 'providers.created', row);
    await recordAudit(ctx, tx, {
      action: 'providers.create',
      object: `providers/${id}`,
      details: { name: row.name, kind: row.kind },
    });
  });
  return describeProvider(row, now);
}

export async function changeProvider(
  ctx: Ctx,
  { params, body }: InputOf<typeof changeProviderRoute>,
): Promise<Provider> {
  const before = await requireOwn(ctx, params.id);
  if (before.kind === 'openai-compatible' && body.baseUrl === null) refuseWithoutAddress();
  const row = await ctx.tx(async (tx) => {
    const current = await lockProvider(tx, params.id);
    if (current === undefined) throw new AppError('providers.not-found');
    // Choices name their provider; a new name would leave them without one.
    if (body.name !== undefined && body.name !== current.name) await refuseWhileUsed(tx, current.name);
    refuseToTakeKeyAlong(current, body);
    const changed: ProviderRow = {
      ...current,
      name: body.name ?? current.name,
      enabled: body.enabled ?? current.enabled,
      baseUrl: body.baseUrl === undefined ? current.baseUrl : body.baseUrl,
      addressByOwner: body.baseUrl === undefined ? current.addressByOwner : ctx.actor.role === 'owner',
      models: body.models ?? current.models,
      ...(body.apiKey !== undefined && sealKey(ctx, current.id, body.apiKey)),
      updatedAt: ctx.clock.now(),
    };
    await saveProvider(tx, changed);
    await tell(ctx, tx, 'providers.changed', changed);
    const fields = Object.keys(body).sort();
    await recordAudit(ctx, tx, { action: 'providers.change', object: `providers/${current.id}`, details: { fields } });
    return changed;
  });
  return describeProvider(row, ctx.clock.now());
}

export async function removeProvider(ctx: Ctx, { params }: ById): Promise<undefined> {
  const row = await requireOwn(ctx, params.id);
  await ctx.tx(async (tx) => {
    if ((await lockProvider(tx, row.id)) === undefined) throw new AppError('providers.not-found');
    await refuseWhileUsed(tx, row.name);
    await deleteProvider(tx, row.id);
    await tell(ctx, tx, 'providers.removed', row);
    await recordAudit(ctx, tx, {
      action: 'providers.remove',
      object: `providers/${row.id}`,
      details: { name: row.name },
    });
  });
}

export async function requireRow(ctx: Pick<Ctx, 'database'>, id: string): Promise<ProviderRow> {
  const row = id === localOllama.id ? localOllama : await selectProvider(ctx.database, id);
  if (row === undefined) throw new AppError('providers.not-found');
  return row;
}

async function requireOwn(ctx: Ctx, id: string): Promise<ProviderRow> {
  const row = await requireRow(ctx, id);
  if (row.builtIn) throw new AppError('providers.built-in');
  return row;
}

async function refuseWhileUsed(tx: Tx, name: string): Promise<void> {
  const uses: string[] = [];
  for (const read of useReaders) uses.push(...(await read(tx, name)));
  if (uses.length === 0) return;
  const more = uses.length > 5 ? ` and ${uses.length - 5} more` : '';
  throw new AppError('providers.in-use', { detail: `${name} is used by ${uses.slice(0, 5).join(', ')}${more}.` });
}

function refuseWithoutAddress(): never {
  const fault: Fault = {
    in: 'body',
    at: '/baseUrl',
    rule: 'required',
    message: 'A provider of the kind openai-compatible needs the address of its API.',
    got: 'nothing',
    example: 'http://127.0.0.1:8080/v1',
  };
  throw new AppError('request.invalid', { faults: [fault] });
}

/** A key that nobody can read must not be sent to wherever somebody who may change the address wants to have it. */
function refuseToTakeKeyAlong(
  current: ProviderRow,
  { baseUrl, apiKey }: InputOf<typeof changeProviderRoute>['body'],
): void {
  if (baseUrl === undefined || baseUrl === current.baseUrl) return;
  if (current.sealedKey === null || apiKey !== undefined) return;
  const fault: Fault = {
    in: 'body',
    at: '/apiKey',
    rule: 'required',
    message: 'The key was entered for another address: enter the one for this address.',
    got: 'nothing',
    example: 'the key, or null for none',
  };
  throw new AppError('request.invalid', { faults: [fault] });
}

function sealKey(ctx: Pick<Ctx, 'secrets'>, id: string, key: string | null) {
  if (key === null) return { sealedKey: null, keyHint: null };
  // Of a short key four characters would be most of it.
  return { sealedKey: ctx.secrets.seal(key, keyContext(id)), keyHint: key.length >= 12 ? key.slice(-4) : '····' };
}

function tell(
  ctx: Ctx,
  tx: Tx,
  type: 'providers.created' | 'providers.changed' | 'providers.removed',
  row: ProviderRow,
) {
  return emitEvent(ctx, tx, { type, subject: `providers/${row.id}`, payload: { name: row.name, kind: row.kind } });
}
