// Depth is measured without harm, and JSON is told from what is not.
import { expect, test } from 'vitest';
import { isWithinDepth, jsonObjectSchema, jsonSchema, maxJsonDepth } from './json.ts';
import { makeStorable, storableText } from './storable.ts';

function nest(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

test('a value may be nested as deep as the limit and no deeper', () => {
  expect(isWithinDepth(nest(maxJsonDepth))).toBe(true);
  expect(isWithinDepth(nest(maxJsonDepth + 1))).toBe(false);
  expect(isWithinDepth(nest(3), 2)).toBe(false);
  expect(isWithinDepth('text', 0)).toBe(true);
});

test('a million levels are refused and not walked', () => {
  expect(isWithinDepth(nest(1_000_000))).toBe(false);
});

test('a value that holds itself is too deep', () => {
  const value: unknown[] = [];
  value.push(value, value, { value });
  expect(isWithinDepth(value)).toBe(false);
});

test('a value that is shared over and over is looked at once a level', () => {
  let value: unknown = 1;
  for (let level = 0; level < 60; level += 1) value = [value, value];
  expect(isWithinDepth(value)).toBe(true);
});

test('what JSON cannot say is refused', () => {
  for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n, new Date(0), new Map(), () => 1])
    expect(jsonSchema.safeParse(value).success, String(value)).toBe(false);
  for (const value of [null, 'x', [], 5]) expect(jsonObjectSchema.safeParse(value).success).toBe(false);
});

test('JSON comes through its schema as it was', () => {
  for (const value of [null, 0, '', false, [], {}, [[1, null, 'x']], { a: { '': [{}] } }])
    expect(jsonSchema.parse(value)).toEqual(value);
});

test('text becomes storable, and storable text stays', () => {
  expect(storableText('a\0b\ud83dc')).toBe('a�b�c');
  expect(storableText('😀 é\n\t')).toBe('😀 é\n\t');
});

test('keys and texts of a value become storable at any depth', () => {
  expect(makeStorable({ 'k\0': ['\udc00', { x: 1, y: null, z: true }] })).toEqual({
    'k�': ['�', { x: 1, y: null, z: true }],
  });
  const odd = JSON.parse('{"__proto__": "a"}');
  expect(JSON.stringify(makeStorable(odd))).toBe('{"__proto__":"a"}');
});
