import { nodeConfigSchemas } from '@gathering/contract/pipeline-definition';
import { createProviderRoute } from '@gathering/contract/providers';
import { describe, expect, it } from 'vitest';
import {
  beginVariant,
  defaultsOf,
  type FormField,
  fieldOfZod,
  fieldsOf,
  fieldsOfZod,
  labelOf,
  variantIndexOf,
} from './schema-fields.ts';

const shapes = (fields: readonly FormField[]) => Object.fromEntries(fields.map((field) => [field.name, field.kind]));

describe('forms of node types', () => {
  it('makes a field of each setting of an agent, the needed ones first', () => {
    const field = fieldOfZod(nodeConfigSchemas.agent);
    expect(field.kind === 'group' && shapes(field.fields)).toEqual({
      agentId: 'text',
      task: 'text',
      outputSchema: 'json',
    });
    expect(field.kind === 'group' && field.fields.map((one) => one.optional)).toEqual([false, false, true]);
  });
  it('offers the kinds of an action as variants, each with its own fields', () => {
    const field = fieldOfZod(nodeConfigSchemas.action);
    if (field.kind !== 'variants') throw new Error('expected variants');
    expect(field.variants.map((one) => one.constant)).toEqual(['notify', 'callApi', 'callTool']);
    expect(shapes(field.variants[1]?.fields ?? [])).toEqual({
      url: 'text',
      method: 'choice',
      headers: 'pairs',
      body: 'json',
      timeoutSeconds: 'number',
      acceptStatus: 'list',
    });
    expect(variantIndexOf(field.variants, { kind: 'callTool', tool: 'git_log' })).toBe(2);
  });
  it('knows the variants of a delay by the setting that each needs', () => {
    const field = fieldOfZod(nodeConfigSchemas.delay);
    if (field.kind !== 'variants') throw new Error('expected variants');
    expect(field.variants.map((one) => one.key)).toEqual(['seconds', 'until']);
    const [seconds, until] = field.variants;
    expect(variantIndexOf(field.variants, { until: 'x' })).toBe(1);
    expect(until && beginVariant(until, { seconds: 3 })).toEqual({ until: '' });
    expect(seconds && beginVariant(seconds, {})).toEqual({ seconds: 0 });
  });
});

describe('forms of any schema', () => {
  it('reads what a person wrote for a trigger', () => {
    const schema = {
      type: 'object',
      required: ['focus'],
      properties: {
        days: { type: 'integer', minimum: 1, default: 90 },
        focus: { type: 'string', title: 'Look at', description: 'What to look at.' },
        deep: { type: 'boolean' },
        level: { enum: ['low', 'high'] },
        tags: { type: 'array', items: { type: 'string' } },
        more: { type: 'object', properties: { a: { type: 'number' } } },
        odd: { not: {} },
      },
    };
    const fields = fieldsOf(schema);
    expect(shapes(fields)).toEqual({
      focus: 'text',
      days: 'number',
      deep: 'switch',
      level: 'choice',
      tags: 'list',
      more: 'group',
      odd: 'json',
    });
    expect(fields[0]).toMatchObject({ label: 'Look at', hint: 'What to look at.', optional: false });
    expect(defaultsOf(schema)).toEqual({ days: 90 });
  });
  it('makes no fields of what is no schema of an object', () => {
    for (const odd of [undefined, null, 3, 'x', [], {}, { type: 'string' }]) expect(fieldsOf(odd)).toEqual([]);
  });
  it('reads a route of the contract', () => {
    expect(shapes(fieldsOfZod(createProviderRoute.body))).toMatchObject({
      name: 'text',
      kind: 'choice',
      baseUrl: 'text',
      apiKey: 'text',
    });
  });
  it('writes names of settings as words', () => {
    expect(['maxOutputTokens', 'agentId', 'baseUrl', 'snake_case'].map(labelOf)).toEqual([
      'Max output tokens',
      'Agent',
      'Base URL',
      'Snake case',
    ]);
  });
});
