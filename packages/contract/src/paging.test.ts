// Pages are bounded, however they are asked for.
import { expect, test } from 'vitest';
import * as z from 'zod';
import { pageOf, pageQuery } from './paging.ts';

test('a page has fifty items unless asked otherwise', () => {
  expect(pageQuery.parse({})).toEqual({ limit: 50 });
  expect(pageQuery.parse({ limit: '200', cursor: 'c' })).toEqual({ limit: 200, cursor: 'c' });
});

test.each(['0', '-1', '201', '1.5', 'many', 'Infinity', '1e3', 'NaN', '9'.repeat(400)])(
  'a limit of %s is refused',
  (limit) => {
    expect(pageQuery.safeParse({ limit }).success).toBe(false);
  },
);

test('an endless cursor and unknown fields are refused', () => {
  expect(pageQuery.safeParse({ cursor: 'x'.repeat(201) }).success).toBe(false);
  expect(pageQuery.safeParse({ offset: '5' }).success).toBe(false);
});

test('a page is its items and the way to the next', () => {
  const page = pageOf(z.string());
  expect(page.safeParse({ items: ['a'], nextCursor: null }).success).toBe(true);
  expect(page.safeParse({ items: [1], nextCursor: null }).success).toBe(false);
  expect(page.safeParse({ items: [] }).success).toBe(false);
});
