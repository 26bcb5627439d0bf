// One line a vendor: how its models are opened. Addresses and keys are always given, so that nothing is
// taken from the environment; each adapter is loaded when it is first used.
import { APICallError, type LanguageModelV4 } from '@ai-sdk/provider';
import type { ProviderKind } from '@gathering/contract/providers';
import { createOfflineModel } from '../../llm/offline/offline-model.ts';
import { ollamaDefaultUrl } from './find-ollama.ts';
import { hideKey } from './hide-key.ts';

export interface AdapterSettings {
  readonly kind: ProviderKind;
  readonly modelId: string;
  /** Null: the vendor's own address. */
  readonly baseUrl: string | null;
  readonly apiKey: string | null;
  /** How the address is called; left out: as the platform does. */
  readonly fetch?: typeof fetch;
}

export const defaultAddresses: Readonly<Partial<Record<ProviderKind, string>>> = {
  anthropic: 'https://api.anthropic.com/v1',
  openai: 'https://api.openai.com/v1',
  deepseek: 'https://api.deepseek.com',
  mistral: 'https://api.mistral.ai/v1',
  ollama: ollamaDefaultUrl,
};

export function needsKey(kind: ProviderKind, baseUrl: string | null): boolean {
  return baseUrl === null && ['anthropic', 'openai', 'deepseek', 'mistral'].includes(kind);
}

export async function openAdapter(settings: AdapterSettings): Promise<LanguageModelV4> {
  const { kind, modelId } = settings;
  const baseURL = settings.baseUrl ?? defaultAddresses[kind] ?? '';
  const apiKey = settings.apiKey ?? '';
  const send = hideKey(apiKey, settings.fetch);
  switch (kind) {
    case 'offline':
      return createOfflineModel();
    case 'anthropic':
      return (await import('@ai-sdk/anthropic')).createAnthropic({ baseURL, apiKey, fetch: send })(modelId);
    case 'openai':
      return (await import('@ai-sdk/openai')).createOpenAI({ baseURL, apiKey, fetch: send })(modelId);
    case 'deepseek':
      return (await import('@ai-sdk/deepseek')).createDeepSeek({ baseURL, apiKey, fetch: send })(modelId);
    case 'mistral':
      return (await import('@ai-sdk/mistral')).createMistral({ baseURL, apiKey, fetch: send })(modelId);
    case 'ollama': {
      const { createOllama } = await import('ai-sdk-ollama');
      // Its own retries and completions would be calls that no journal knows of.
      const plain = { reliableToolCalling: false, reliableObjectGeneration: false };
      return createOllama({ baseURL, fetch: refuseFailures(send), ...(apiKey !== '' && { apiKey }) })(modelId, plain);
    }
    case 'openai-compatible': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const options = {
        name: 'openai-compatible',
        baseURL,
        includeUsage: true,
        supportsStructuredOutputs: true,
        fetch: send,
      };
      return createOpenAICompatible({ ...options, ...(apiKey !== '' && { apiKey }) })(modelId);
    }
  }
}

// Ollama's client forgets status and headers; without them Retry-After could not be honoured.
const refuseFailures =
  (send: typeof fetch): typeof fetch =>
  async (input, init) => {
    const response = await send(input, init);
    if (response.ok) return response;
    const text = await response.text();
    throw new APICallError({
      message: response.statusText,
      url: String(input instanceof Request ? input.url : input),
      requestBodyValues: {},
      statusCode: response.status,
      responseHeaders: Object.fromEntries(response.headers),
      responseBody: text,
    });
  };
