// Inputs are checked against the schemas of users, who may write anything into them.
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { describe, expect, test } from 'vitest';
import { checkInput, checkSchemas } from './check-input.ts';

const faultsOf = async (schema: Json | undefined, input: Json) =>
  (await checkInput(schema, input)).map(({ at, rule, in: place }) => `${place} ${at} ${rule}`);
const nest = (levels: number): Json => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

describe('an input', () => {
  test('fits where there is no schema', async () => {
    for (const schema of [undefined, null, {}]) expect(await checkInput(schema, { any: ['thing'] })).toEqual([]);
  });

  test('is told every misfit with its pointer, what was found and what would do', async () => {
    const schema = {
      type: 'object',
      required: ['folder', 'constructor'],
      properties: {
        folder: { type: 'string' },
        depth: { type: 'integer', maximum: 5 },
        mode: { enum: ['fast', 'deep'] },
      },
      additionalProperties: false,
    };
    const faults = await checkInput(schema, { depth: 7.5, mode: 'slow', 'a/b': 1 });
    expect(faults.map(({ at, rule, got }) => [at, rule, got?.slice(0, 12)])).toEqual([
      ['', 'required', '{"depth":7.5'],
      ['', 'required', '{"depth":7.5'],
      ['', 'additionalProperties', '{"depth":7.5'],
      ['/depth', 'type', '7.5'],
      ['/depth', 'maximum', '7.5'],
      ['/mode', 'enum', '"slow"'],
    ]);
    expect(faults[2]?.message).toContain('("a/b")');
    expect(faults[5]?.message).toBe('The input at /mode must be equal to one of the allowed values: "fast","deep".');
    for (const { message } of faults) expect(message).not.toMatch(/undefined|data\//);
  });

  test('with names that mean something in JavaScript is taken by its own fields only', async () => {
    const schema = { required: ['toString'], properties: { __proto__x: {}, valueOf: { type: 'string' } } };
    expect(await faultsOf(schema, {})).toEqual(['input  required']);
    const closed = JSON.parse('{"properties": {"__proto__": {"type": "string"}}, "additionalProperties": false}');
    expect(await faultsOf(closed, JSON.parse('{"__proto__": 5}'))).toHaveLength(1);
  });

  test('with a great many misfits is told the first of them', async () => {
    const input = Array.from({ length: 50_000 }, (_, index) => index);
    expect(await checkInput({ items: { type: 'string' } }, input)).toHaveLength(50);
  });
});

describe('a schema that would hold up the server', () => {
  test.each<[string, Json, Json]>([
    ['a pattern that backtracks without end', { pattern: '^(a+)+$' }, `${'a'.repeat(60)}!`],
    ['names of fields by such a pattern', { patternProperties: { '^(a|a)*$': true } }, { [`${'a'.repeat(60)}!`]: 1 }],
    [
      'a reference that doubles with every level',
      {
        $ref: '#/$defs/a',
        $defs: { a: { allOf: [{ items: { $ref: '#/$defs/a' } }, { items: { $ref: '#/$defs/a' } }] } },
      },
      nest(60),
    ],
  ])('is cut off: %s', async (_, schema, input) => {
    const [fault] = await checkInput(schema, input);
    expect(fault?.message).toMatch(/cannot be checked.*cut off/);
    expect(fault?.in).toBe('definition');
    expect(await faultsOf({ type: 'string' }, 5)).toEqual(['input  type']);
  });

  test('a pattern that is quoted in the fault is quoted in part', async () => {
    const [fault] = await checkInput({ pattern: '('.repeat(40_000) }, 'a');
    expect(fault?.message).toMatch(/cannot be checked.*Invalid regular expression/);
    expect(fault?.message.length).toBeLessThan(500);
  });

  test('a reference to itself is refused', async () => {
    const [fault] = await checkInput({ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }, 1);
    expect(fault?.message).toContain('leads back to itself');
  });
});

describe('a schema that cannot be used', () => {
  test.each<[string, Json, RegExp]>([
    ['an unknown type', { type: 'text' }, /schema\/type must be equal to one of/],
    ['a pattern that is none', { pattern: '(' }, /Invalid regular expression/],
    ['a reference to another server', { $ref: 'https://example.com/schema' }, /can't resolve reference https:/],
    ['a reference to nothing', { $ref: '#/$defs/nope' }, /can't resolve reference/],
    ['an asynchronous one', { $async: true, type: 'string' }, /\$async/],
    ['rules that are no rules', { properties: 5 }, /properties must be object/],
  ])('says why: %s', async (_, schema, why) => {
    const faults = await checkInput(schema, 1);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ in: 'definition', rule: 'schema' });
    expect(faults[0]?.message).toMatch(why);
  });

  test('other dialects, formats and own keywords are read as far as they are known', async () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://a.example',
      type: 'string',
      format: 'x',
      unit: 'cm',
    };
    expect(await faultsOf(schema, 'a')).toEqual([]);
    expect(await faultsOf(schema, 1)).toEqual(['input  type']);
  });

  test('ids of one schema mean nothing to the next', async () => {
    const withId = (type: string) => ({ properties: { a: { $id: 'shared', $anchor: 'x', type } } });
    expect(await faultsOf(withId('string'), { a: 1 })).toEqual(['input /a type']);
    expect(await faultsOf(withId('number'), { a: 1 })).toEqual([]);
  });
});

test('every schema of a definition is tried, and faults name their node', async () => {
  const definition: PipelineDefinition = {
    name: 'p',
    description: '',
    nodes: [
      { id: 'start', type: 'trigger', config: { input: { type: 'text' } } },
      { id: 'good', type: 'agent', config: { outputSchema: { type: 'object' } } },
      { id: 'bad', type: 'agent', config: { outputSchema: { pattern: '(' } } },
      { id: 'none', type: 'agent', config: { outputSchema: 'x' } },
      { id: 'other', type: 'action', config: {} },
    ],
    edges: [],
  };
  expect((await checkSchemas(definition)).map(({ at, nodeId, rule }) => [nodeId, at, rule])).toEqual([
    ['start', '/nodes/0/config/input', 'schema'],
    ['bad', '/nodes/2/config/outputSchema', 'schema'],
  ]);
});
