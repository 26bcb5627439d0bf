// From a choice to a model that can be asked: the provider's row, its key unsealed, its price. `offline`
// needs nothing and always works.
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { AppError } from '@gathering/contract/errors';
import { type ModelChoice, offlineModelId, offlineProviderName, type Price } from '@gathering/contract/providers';
import type { Ctx } from '../../ctx.ts';
import { SecretKeyFault } from '../../platform/secrets.ts';
import { describeModel, findListed, localOllama } from './describe-provider.ts';
import { keyContext } from './key-context.ts';
import { needsKey, openAdapter } from './open-adapter.ts';
import { type ProviderRow, selectProviderByName } from './store.ts';

export interface OpenModel {
  readonly model: LanguageModelV4;
  /** Name of the provider. */
  readonly provider: string;
  readonly modelId: string;
  /** Null: not known; the cost of a call is not known either then. */
  readonly price: Price | null;
}

type ModelCtx = Pick<Ctx, 'database' | 'clock' | 'secrets' | 'log' | 'egress'>;

let readDefaultModel: (ctx: Pick<Ctx, 'database' | 'log'>) => Promise<ModelChoice> = async () => ({
  provider: offlineProviderName,
  model: offlineModelId,
});

/** Says where the default model is kept; called once by `boot`. Until then it is the built-in one. */
export function registerDefaultModel(read: (ctx: Pick<Ctx, 'database' | 'log'>) => Promise<ModelChoice>): void {
  readDefaultModel = read;
}

/**
 * Null chooses the default model of Settings. Throws AppError `providers.not-found` for a provider that is not
 * there, `providers.call-failed` for one that is switched off or has no key.
 */
export async function openModel(ctx: ModelCtx, choice: ModelChoice | null): Promise<OpenModel> {
  const { provider, model } = choice ?? (await readDefaultModel(ctx));
  const row = await findProvider(ctx, provider);
  if (row === undefined) {
    throw new AppError('providers.not-found', { detail: `There is no provider named ${provider}.` });
  }
  return openModelOf(ctx, row, model);
}

export async function openModelOf(ctx: ModelCtx, row: ProviderRow, modelId: string): Promise<OpenModel> {
  if (!row.enabled) {
    throw new AppError('providers.call-failed', {
      detail: `The provider ${row.name} is switched off on the Models page.`,
    });
  }
  if (row.sealedKey === null && needsKey(row.kind, row.baseUrl)) {
    throw new AppError('providers.call-failed', {
      detail: `The provider ${row.name} has no key: enter it on the Models page.`,
    });
  }
  const apiKey = unsealKey(ctx, row);
  // The vendor's own address, and one that an owner entered, may be anywhere; whoever else enters one reaches the internet.
  const isTrusted = row.baseUrl === null || row.addressByOwner;
  const send = ctx.egress.open(isTrusted);
  const model = await openAdapter({ kind: row.kind, modelId, baseUrl: row.baseUrl, apiKey, fetch: send });
  const { price } = await describeModel(row, findListed(row, modelId), ctx.clock.now());
  return { model, provider: row.name, modelId, price };
}

function unsealKey(ctx: Pick<Ctx, 'secrets'>, row: ProviderRow): string | null {
  if (row.sealedKey === null) return null;
  try {
    return ctx.secrets.unseal(row.sealedKey, keyContext(row.id));
  } catch (error) {
    if (error instanceof SecretKeyFault) {
      throw new AppError('providers.call-failed', { detail: error.message, cause: error });
    }
    throw error;
  }
}

export async function findProvider(ctx: Pick<Ctx, 'database'>, name: string): Promise<ProviderRow | undefined> {
  return (await selectProviderByName(ctx.database, name)) ?? (name === localOllama.name ? localOllama : undefined);
}
