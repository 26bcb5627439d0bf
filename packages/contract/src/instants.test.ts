// What counts as an instant.
import { expect, test } from 'vitest';
import { parseInstant } from './instants.ts';

test.each([
  ['2030-01-31T09:00:00Z', '2030-01-31T09:00:00.000Z'],
  ['2030-01-31T09:00Z', '2030-01-31T09:00:00.000Z'],
  ['2030-01-31T09:00:00.25+02:00', '2030-01-31T07:00:00.250Z'],
  [' 2030-01-31 ', '2030-01-31T00:00:00.000Z'],
  ['2028-02-29T23:59:59-11:00', '2028-03-01T10:59:59.000Z'],
])('%s is an instant', (text, expected) => {
  expect(parseInstant(text)?.toISOString()).toBe(expected);
});

test.each([
  '',
  'tomorrow',
  '5',
  '2030',
  '2030-01-31T09:00:00',
  '2030-02-30',
  '2030-13-01T00:00Z',
  '31.01.2030',
  '2030-01-31T25:00Z',
])('%j is no instant', (text) => {
  expect(parseInstant(text)).toBeNull();
});
