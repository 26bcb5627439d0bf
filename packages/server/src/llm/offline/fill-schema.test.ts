import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { Facts } from './facts.ts';
import { fillSchema } from './fill-schema.ts';

const facts: Facts = {
  report: '# Report\n\n- src/cart.ts:1: changed in 8 commits',
  lines: [
    { text: '10 commits in all', label: 'Most changed files' },
    { text: 'src/cart.ts:1: changed in 8 commits by 2 authors', label: 'Most changed files' },
    { text: 'src/hack.ts:7: changed in 2 commits by Ada', label: 'Most changed files' },
    { text: 'docs/notes.md:3: looks like a password (severity: high)', label: 'Secrets' },
  ],
};
const nothing: Facts = { lines: [], report: '' };

function fill(schema: Record<string, unknown>, from: Facts = facts): unknown {
  const value = fillSchema(schema, from);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  expect(ajv.validate(schema, value), `${JSON.stringify(value)} ${ajv.errorsText()}`).toBe(true);
  return value;
}

const object = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});

describe('values come from lines that speak of the property', () => {
  test('a path, a number and a truth', () => {
    const schema = object({
      mostChangedFile: { type: 'string', description: 'The file that changed most often.' },
      commits: { type: 'integer', description: 'In how many commits that file changed.' },
      hasSecrets: { type: 'boolean' },
      findingCount: { type: 'integer' },
    });
    expect(fill(schema)).toEqual({ mostChangedFile: 'src/cart.ts', commits: 8, hasSecrets: true, findingCount: 3 });
  });

  test('a list of findings with their places', () => {
    const finding = object({
      path: { type: 'string' },
      line: { type: 'integer', minimum: 1 },
      text: { type: 'string' },
    });
    const value = fill(object({ findings: { type: 'array', items: finding } }));
    expect(value).toEqual({
      findings: [
        { path: 'src/cart.ts', line: 1, text: 'changed in 8 commits by 2 authors' },
        { path: 'src/hack.ts', line: 7, text: 'changed in 2 commits by Ada' },
        { path: 'docs/notes.md', line: 3, text: 'looks like a password (severity: high)' },
      ],
    });
  });

  test('a list takes the lines under the heading of its name', () => {
    expect(fill(object({ secrets: { type: 'array', items: { type: 'string' } } }))).toEqual({
      secrets: ['docs/notes.md:3: looks like a password (severity: high)'],
    });
  });

  test('a member of an enum that the lines name, an optional one only then', () => {
    const severity = { type: 'string', enum: ['low', 'medium', 'high'] };
    expect(fill(object({ severity }))).toEqual({ severity: 'high' });
    expect(fill(object({ mood: { enum: ['glad', 'sad'] } }, []))).toEqual({});
  });

  test('a report is the whole answer, a summary its first findings', () => {
    const value = fill(object({ report: { type: 'string' }, summary: { type: 'string', maxLength: 30 } }));
    expect(value).toEqual({ report: facts.report, summary: 'src/cart.ts:1: changed in 8 co' });
  });
});

describe('what the material does not hold', () => {
  test('is null where null is allowed, left out where optional, else the emptiest value', () => {
    const schema = object(
      {
        note: { type: ['string', 'null'] },
        amount: { anyOf: [{ type: 'number' }, { type: 'null' }] },
        text: { type: 'string' },
        list: { type: 'array', items: { type: 'string' } },
        sure: { type: 'boolean' },
        rank: { type: 'integer', minimum: 3 },
        extra: { type: 'string' },
      },
      ['note', 'amount', 'text', 'list', 'sure', 'rank'],
    );
    expect(fill(schema, nothing)).toEqual({ note: null, amount: null, text: '', list: [], sure: false, rank: 3 });
  });

  test.each<Record<string, unknown>>([
    { type: 'array', minItems: 2, items: { type: 'integer', minimum: 5 } },
    { type: 'string', minLength: 3 },
    { type: 'string', enum: ['x'] },
    { const: 4 },
    { type: 'array', items: { $ref: '#/$defs/item' }, $defs: { item: object({ name: { type: 'string' } }) } },
    object({ child: { allOf: [object({ a: { type: 'string' } }), { properties: { b: { type: 'number' } } }] } }, []),
    object({ when: { type: 'string', format: 'date-time' } }),
    object({ id: { type: 'string', pattern: '^[a-z]+/[a-z]+\\.[a-z]+$' } }),
  ])('is filled validly for %j, with and without facts', (schema) => {
    // A text of a demanded shape cannot come from nothing.
    if (!JSON.stringify(schema).includes('pattern')) fill(schema, nothing);
    fill(schema);
  });

  test('a schema that demands itself without end is left at its depth', () => {
    const endless = { type: 'object', required: ['node'], properties: { node: { $ref: '#' } } };
    expect(JSON.stringify(fillSchema(endless, facts)).length).toBeLessThan(1_000);
  });
});
