// That every promise of the product is held by a test, and that no test holds a promise that was never given.
import { expect, test } from 'vitest';
import { readSources } from './house-sources.ts';
import { productPromises } from './promises.ts';

const citations = readSources(['packages', 'bench'], ['.test.ts', '.test.tsx'])
  .filter(({ path }) => !path.endsWith('/promises.test.ts'))
  .flatMap(({ path, text }) => [...text.matchAll(/promise: ([a-z0-9-]+)/g)].map((match) => ({ path, id: match[1] })));

test('every promise is held by a test', () => {
  const held = new Set(citations.map(({ id }) => id));
  expect(productPromises.filter(({ id }) => !held.has(id)).map(({ id }) => id)).toEqual([]);
});

test('every promise that a test holds was given, once', () => {
  const ids = productPromises.map(({ id }) => id);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  expect(citations.filter(({ id }) => id === undefined || !ids.includes(id))).toEqual([]);
});
