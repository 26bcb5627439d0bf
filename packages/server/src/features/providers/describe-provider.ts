// A provider as people see it: its models with their prices, never its key. The Ollama of this machine is
// shown while it answers, although no row tells of it.
import { type modelSchema, offlineModelId, type Provider } from '@gathering/contract/providers';
import type * as z from 'zod';
import { findCataloguePrice, freePrice, isFree, shortListOf } from './catalogue.ts';
import { findOllamaModels, ollamaDefaultUrl } from './find-ollama.ts';
import type { ListedModel, ProviderRow } from './store.ts';

type Model = z.infer<typeof modelSchema>;

const localOllamaName = 'ollama';

/** Stands for the Ollama server that was found on this machine; an owner's provider of that name takes its place. */
export const localOllama: ProviderRow = {
  id: '01990000-0000-7000-8000-000000000002',
  name: localOllamaName,
  kind: 'ollama',
  baseUrl: null,
  addressByOwner: true,
  sealedKey: null,
  keyHint: null,
  builtIn: true,
  enabled: true,
  models: null,
  createdAt: new Date(0),
  updatedAt: new Date(0),
};

/** Whether the found Ollama may be shown beside these rows. */
export function leavesRoomForLocalOllama(rows: readonly ProviderRow[]): boolean {
  return !rows.some(
    (row) =>
      row.name === localOllamaName || (row.kind === 'ollama' && (row.baseUrl ?? ollamaDefaultUrl) === ollamaDefaultUrl),
  );
}

export async function describeProvider(row: ProviderRow, now: Date): Promise<Provider> {
  const { sealedKey: _sealedKey, addressByOwner: _addressByOwner, createdAt, updatedAt, ...shown } = row;
  const listed = await listModels(row, now);
  const models = await Promise.all(listed.map((model) => describeModel(row, model, now)));
  return { ...shown, models, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

async function listModels(row: ProviderRow, now: Date): Promise<readonly ListedModel[]> {
  if (row.kind === 'offline') return [{ id: offlineModelId }];
  if (row.models !== null && row.models.length > 0) return row.models;
  if (row.kind !== 'ollama') return shortListOf(row.kind).map((id) => ({ id }));
  // Not asked at an address that may only be called through the guard: its models are those that are entered.
  if (!row.addressByOwner && row.baseUrl !== null) return [];
  const found = await findOllamaModels(row.baseUrl ?? ollamaDefaultUrl, now);
  return (found ?? []).map((id) => ({ id }));
}

export async function describeModel(row: ProviderRow, model: ListedModel, now: Date): Promise<Model> {
  if (model.price !== undefined && model.price !== null)
    return { id: model.id, price: model.price, priceSource: 'owner' };
  if (isFree(row.kind)) return { id: model.id, price: freePrice, priceSource: 'free' };
  const price = await findCataloguePrice(row.kind, model.id, now);
  return { id: model.id, price, priceSource: price === null ? 'unknown' : 'catalogue' };
}

/** The model as the owner listed it, or by its id alone. */
export function findListed(row: ProviderRow, id: string): ListedModel {
  return row.models?.find((model) => model.id === id) ?? { id };
}
