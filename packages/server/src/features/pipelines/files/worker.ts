// The thread in which files are read: one that is made to take for ever, or to fill the memory, holds up nobody.
import type { Fault } from '@gathering/contract/errors';
import { serveThread } from '../../../platform/bounded-thread/serve-thread.ts';
import { locateFaults } from '../locate-faults.ts';
import { type ParsedFile, parseDefinition } from '../parse-definition.ts';

export interface FileRequest {
  readonly text: string;
  /** Names that the definition may refer to. */
  readonly agents: ReadonlySet<string>;
  readonly tools: ReadonlySet<string>;
  /** Faults that were found elsewhere, to be given their places. */
  readonly located?: readonly Fault[];
}

/** More are not listed: whoever sent these will see the rest after mending them. */
const mostFaults = 100;

serveThread<FileRequest, ParsedFile>(function* ({ text, agents, tools, located }) {
  if (located !== undefined) {
    yield { definition: null, legible: { nodes: [] }, faults: locateFaults(text, located).slice(0, mostFaults) };
    return;
  }
  const parsed = parseDefinition(text, { agents, tools });
  yield { ...parsed, faults: parsed.faults.slice(0, mostFaults) };
});
