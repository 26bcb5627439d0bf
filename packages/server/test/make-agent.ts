// An agent on a model that speaks OpenAI's chat completions, as a person sets both up over the API.
import { createAgentRoute, listPersonasRoute } from '@gathering/contract/agents';
import { createProviderRoute } from '@gathering/contract/providers';
import type { Api } from './api.ts';

/** Its handle is its name in small letters. */
export async function makeAgentOn(api: Api, baseUrl: string, name: string, skills: string[] = []): Promise<void> {
  const models = [{ id: 'fake-1' }];
  await api.call(createProviderRoute, { body: { name: 'local', kind: 'openai-compatible', baseUrl, models } });
  const { items } = await api.call(listPersonasRoute, { query: {} });
  const model = { provider: 'local', model: 'fake-1' };
  const body = { name, handle: name.toLowerCase(), personaId: items[0]?.id ?? '', model, skills };
  await api.call(createAgentRoute, { body });
}
