// The kinds of providers in words, and what each needs to be added.
import type { ProviderKind } from '@gathering/contract/providers';

export const kindNames: Record<ProviderKind, string> = {
  offline: 'Offline',
  anthropic: 'Anthropic',
  openai: 'OpenAI',
  deepseek: 'DeepSeek',
  mistral: 'Mistral',
  ollama: 'Ollama',
  'openai-compatible': 'OpenAI-compatible',
};

export const needsKey: Record<ProviderKind, boolean> = {
  offline: false,
  anthropic: true,
  openai: true,
  deepseek: true,
  mistral: true,
  ollama: false,
  'openai-compatible': false,
};
