// Model vendors: what kinds there are, their keys (write-only), models, prices and usage.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { defineRoute } from './route.ts';

export const providerKinds = [
  'offline',
  'anthropic',
  'openai',
  'deepseek',
  'mistral',
  'ollama',
  'openai-compatible',
] as const;
export type ProviderKind = (typeof providerKinds)[number];

/** The id of the built-in provider that needs no key and no network. */
export const offlineProviderName = 'offline';
export const offlineModelId = 'offline-1';

export const modelChoiceSchema = z.strictObject({
  provider: z.string().min(1).max(60).describe('Name of the provider.'),
  model: z.string().min(1).max(200).describe('Model id as the provider names it.'),
});
export type ModelChoice = z.infer<typeof modelChoiceSchema>;

export const priceSchema = z.strictObject({
  inputUsdPerMillion: z.number().min(0),
  outputUsdPerMillion: z.number().min(0),
  cachedInputUsdPerMillion: z.number().min(0).optional(),
});
export type Price = z.infer<typeof priceSchema>;

export const modelSchema = z.strictObject({
  id: z.string(),
  price: priceSchema.nullable().describe('Null: not known, cost is then counted as unknown.'),
  priceSource: z.enum(['catalogue', 'owner', 'free', 'unknown']),
});

export const providerSchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  kind: z.enum(providerKinds),
  baseUrl: z.string().nullable(),
  keyHint: z.string().nullable().describe('Last four characters of the key; the key itself is never answered.'),
  builtIn: z.boolean(),
  enabled: z.boolean(),
  models: z.array(modelSchema),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type Provider = z.infer<typeof providerSchema>;

const name = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'lower-case letters, digits and dashes')
  .describe('Short name that model choices refer to.');
const baseUrl = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .regex(/^[^/]*\/\/[^/?#@]*([/?#]|$)/, 'An address without user and password; the key goes into its own field.')
  .describe("Address of the API; left out: the vendor's own.");
const apiKey = z.string().trim().min(1).max(500).describe('Key; stored sealed, never answered.');
const models = z
  .array(z.strictObject({ id: z.string().trim().min(1).max(200), price: priceSchema.nullable().optional() }))
  .max(200)
  .describe('Models to offer; a price given here wins over the catalogue.');

export const listProvidersRoute = defineRoute({
  name: 'providers.list',
  method: 'GET',
  path: '/providers',
  summary: 'All model providers.',
  permission: 'providers.read',
  rate: 'relaxed',
  reply: z.strictObject({ items: z.array(providerSchema) }),
  errors: [],
});
export const createProviderRoute = defineRoute({
  name: 'providers.create',
  method: 'POST',
  path: '/providers',
  summary: 'Add a provider.',
  permission: 'providers.write',
  rate: 'standard',
  status: 201,
  body: z.strictObject({
    name,
    kind: z.enum(providerKinds).exclude(['offline']),
    baseUrl: baseUrl.optional(),
    apiKey: apiKey.optional(),
    models: models.optional(),
  }),
  reply: providerSchema,
  errors: ['providers.name-taken'],
});
export const readProviderRoute = defineRoute({
  name: 'providers.read',
  method: 'GET',
  path: '/providers/:id',
  summary: 'One provider.',
  permission: 'providers.read',
  rate: 'relaxed',
  params: z.strictObject({ id: idSchema }),
  reply: providerSchema,
  errors: ['providers.not-found'],
});
export const changeProviderRoute = defineRoute({
  name: 'providers.change',
  method: 'PATCH',
  path: '/providers/:id',
  summary: 'Change a provider; what is left out stays. Another address needs its key anew.',
  permission: 'providers.write',
  rate: 'standard',
  params: z.strictObject({ id: idSchema }),
  body: z.strictObject({
    name: name.optional(),
    baseUrl: baseUrl.nullable().optional(),
    apiKey: apiKey.nullable().optional(),
    enabled: z.boolean().optional(),
    models: models.optional(),
  }),
  reply: providerSchema,
  errors: ['providers.not-found', 'providers.name-taken', 'providers.built-in', 'providers.in-use'],
});
export const removeProviderRoute = defineRoute({
  name: 'providers.remove',
  method: 'DELETE',
  path: '/providers/:id',
  summary: 'Remove a provider and its key.',
  permission: 'providers.write',
  rate: 'standard',
  status: 204,
  params: z.strictObject({ id: idSchema }),
  reply: z.undefined(),
  errors: ['providers.not-found', 'providers.built-in', 'providers.in-use'],
});
export const testProviderRoute = defineRoute({
  name: 'providers.test',
  method: 'POST',
  path: '/providers/:id/test',
  summary: 'Ask the provider one short question.',
  permission: 'providers.write',
  rate: 'standard',
  params: z.strictObject({ id: idSchema }),
  body: z.strictObject({ model: z.string().min(1).max(200).optional() }).optional(),
  reply: z.strictObject({
    ok: z.boolean(),
    message: z.string(),
    model: z.string(),
    durationMs: z.number(),
    answer: z.string().nullable(),
  }),
  errors: ['providers.not-found'],
});

export const usageRowSchema = z.strictObject({
  day: z.iso.date(),
  provider: z.string(),
  model: z.string(),
  calls: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  costUsd: z.number().nullable().describe('Null: at least one call had no known price.'),
});
export const readUsageRoute = defineRoute({
  name: 'providers.read-usage',
  method: 'GET',
  path: '/usage',
  summary: 'Tokens and cost by day and model.',
  permission: 'providers.read',
  rate: 'relaxed',
  query: z.strictObject({ days: z.coerce.number().int().min(1).max(366).default(30) }),
  reply: z.strictObject({ items: z.array(usageRowSchema) }),
  errors: [],
});
