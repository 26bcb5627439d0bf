// What agents can do: skills and their tools, as shown to models and people.
import * as z from 'zod';
import { defineRoute } from './route.ts';

export const toolEffects = ['none', 'idempotent', 'keyed', 'unsafe'] as const;

export const toolSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  effect: z.enum(toolEffects),
  inputSchema: z.record(z.string(), z.unknown()).describe('JSON Schema 2020-12 of the arguments.'),
});
export const skillSchema = z.strictObject({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  tools: z.array(toolSchema),
});
export type SkillInfo = z.infer<typeof skillSchema>;

export const listSkillsRoute = defineRoute({
  name: 'skills.list',
  method: 'GET',
  path: '/skills',
  summary: 'Skills and the tools that they bring.',
  permission: 'agents.read',
  rate: 'relaxed',
  reply: z.strictObject({ items: z.array(skillSchema) }),
  errors: [],
});
