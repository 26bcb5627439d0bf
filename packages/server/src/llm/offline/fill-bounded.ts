// Fills a user's schema in a thread of another process, where it is cut off when it takes too long.
import { IsolatedThread } from '../../platform/bounded-thread/isolated-thread.ts';
import { SchemaUnusable } from '../schema-unusable.ts';
import type { FillPart, FillRequest } from './fill-worker.ts';

const limitMs = 3000;

const thread = new IsolatedThread<FillRequest, FillPart>(new URL('./fill-worker.ts', import.meta.url), limitMs);

/** Throws SchemaUnusable when no value was found in bounded time and memory. */
export async function fillBounded(request: FillRequest): Promise<unknown> {
  const { parts, failure } = await thread.ask(request);
  const last = parts.at(-1);
  if (last?.kind === 'filled') return last.value;
  throw new SchemaUnusable(`no value could be made for it: ${failure ?? 'it gave no value'}`);
}
