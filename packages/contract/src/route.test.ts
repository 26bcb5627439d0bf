// Defining a route keeps its exact types, so that client and server agree without generated code.
import { expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import { type CallOf, defineRoute, type InputOf, type ReplyOf } from './route.ts';

const route = defineRoute({
  name: 'pipelines.list',
  method: 'GET',
  path: '/pipelines/:id',
  summary: '-',
  permission: 'pipelines.read',
  rate: 'standard',
  params: z.strictObject({ id: z.string() }),
  query: z.strictObject({ limit: z.coerce.number().default(50) }),
  reply: z.strictObject({ count: z.int() }),
  errors: ['pipelines.not-found'],
});

test('a caller may leave out what has a default, and the server receives it', () => {
  expectTypeOf<CallOf<typeof route>['params']>().toEqualTypeOf<{ id: string }>();
  expectTypeOf<{ limit?: unknown }>().toExtend<CallOf<typeof route>['query']>();
  expectTypeOf<InputOf<typeof route>['query']>().toEqualTypeOf<{ limit: number }>();
  expectTypeOf<ReplyOf<typeof route>>().toEqualTypeOf<{ count: number }>();
  expect(route.query.parse({})).toEqual({ limit: 50 });
});

test('a route is the object that was given', () => {
  expect(route.errors).toEqual(['pipelines.not-found']);
  expectTypeOf(route.method).toEqualTypeOf<'GET'>();
});
