// Reads a definition from the text of a file in a thread of another process: whatever the file is, the server goes on.
import type { Fault } from '@gathering/contract/errors';
import { IsolatedThread } from '../../../platform/bounded-thread/isolated-thread.ts';
import type { ParsedFile } from '../parse-definition.ts';
import type { FileRequest } from './worker.ts';

const limitMs = 3_000;

const thread = new IsolatedThread<FileRequest, ParsedFile>(new URL('./worker.ts', import.meta.url), limitMs);

/** As `parseDefinition`, with at most 100 faults; a file that takes too much is a fault. */
export async function readFile(request: FileRequest): Promise<ParsedFile> {
  const { parts, failure } = await thread.ask(request);
  if (parts[0] !== undefined) return parts[0];
  const message = `The file cannot be read: ${failure ?? 'it gave no result'}.`;
  const fault: Fault = { at: '', in: 'file', rule: 'too-much', message, line: 1, column: 1 };
  return { definition: null, legible: { nodes: [] }, faults: [fault] };
}
