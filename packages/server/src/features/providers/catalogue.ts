// Which models a vendor has and what they cost, from price data that comes with the program: no network.
// What an owner lists wins over it.
import type { Price, ProviderKind } from '@gathering/contract/providers';

/** A vendor's models that are offered until the owner lists some. Ids as the vendor names them. */
const shortLists: Readonly<Partial<Record<ProviderKind, readonly string[]>>> = {
  anthropic: ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5'],
  openai: ['gpt-6-sol', 'gpt-6-luna', 'gpt-5.5', 'gpt-5.4-mini', 'gpt-5.4-nano'],
  deepseek: ['deepseek-v4-pro', 'deepseek-v4-flash', 'deepseek-chat', 'deepseek-reasoner'],
  mistral: ['mistral-large-latest', 'mistral-medium-latest', 'mistral-small-latest', 'ministral-8b-latest'],
};

export function shortListOf(kind: ProviderKind): readonly string[] {
  return shortLists[kind] ?? [];
}

export const freePrice: Price = { inputUsdPerMillion: 0, outputUsdPerMillion: 0 };

/** Runs on the owner's own machine: nobody sends a bill. */
export function isFree(kind: ProviderKind): boolean {
  return kind === 'offline' || kind === 'ollama';
}

/** The base price; of prices in tiers the first, of prices by the hour the one of now. Null: not known. */
export async function findCataloguePrice(kind: ProviderKind, model: string, now: Date): Promise<Price | null> {
  if (shortLists[kind] === undefined) return null;
  // Loaded when first needed: half a megabyte of data.
  const { calcPrice } = await import('@pydantic/genai-prices');
  const found = calcPrice({ input_tokens: 1, output_tokens: 1 }, model, { providerId: kind, timestamp: now });
  const input = baseOf(found?.model_price.input_mtok);
  const output = baseOf(found?.model_price.output_mtok);
  if (input === undefined || output === undefined) return null;
  const cached = baseOf(found?.model_price.cache_read_mtok);
  return {
    inputUsdPerMillion: input,
    outputUsdPerMillion: output,
    ...(cached !== undefined && { cachedInputUsdPerMillion: cached }),
  };
}

function baseOf(price: number | { base: number } | undefined): number | undefined {
  return typeof price === 'object' ? price.base : price;
}
