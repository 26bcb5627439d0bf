// A JSON Schema that a user wrote, tried by itself or with a value, in a process of its own: one that cannot be
// compiled, takes for ever or fills the memory is a verdict in bounded time, not a crash and not a standstill.
// Schemas that are our own are checked where they are used.
import { IsolatedThread } from '../bounded-thread/isolated-thread.ts';
import type { SchemaRequest, SchemaVerdict } from './try-value.ts';

const limitMs = 1000;

const thread = new IsolatedThread<SchemaRequest, SchemaVerdict>(new URL('./worker.ts', import.meta.url), limitMs);

/** Whether a schema can be used at all. Never rejects. */
export async function checkSchema(schema: SchemaRequest['schema']): Promise<SchemaVerdict> {
  return verdictOf(await thread.ask({ schema }));
}

/** Whether a value fits a schema that may be unusable. Never rejects. */
export async function checkValue(schema: SchemaRequest['schema'], json: unknown): Promise<SchemaVerdict> {
  return verdictOf(await thread.ask({ schema, value: { json } }));
}

function verdictOf(answer: Awaited<ReturnType<typeof thread.ask>>): SchemaVerdict {
  return answer.parts[0] ?? { unusable: answer.failure ?? 'it gave no verdict', misfits: [] };
}
