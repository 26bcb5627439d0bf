// Runs that were started in this tab. When one of them goes wrong while another page is open, a note says so and leads there.
import type { Run } from '@gathering/contract/pipelines';
import { onEvents } from '../../lib/socket.ts';
import { readStored, writeStored } from '../../lib/stored.ts';
import { tellFailure } from '../../ui/toast.tsx';
import { failureOf, type OwnRun } from './failure-of.ts';

const key = 'runs.own';
const maxKept = 50;

function readOwnRuns(): readonly OwnRun[] {
  const stored = readStored(sessionStorage, key);
  return Array.isArray(stored) ? (stored as OwnRun[]) : [];
}

export function noteOwnRun({ id, pipelineName }: Pick<Run, 'id' | 'pipelineName'>): void {
  writeStored(sessionStorage, key, [...readOwnRuns(), [id, pipelineName]].slice(-maxKept));
}

/** Tells of failures until the returned function is called. */
export function tellFailedRuns(open: (address: string) => void): () => void {
  return onEvents((batch) => {
    const own = readOwnRuns();
    if (own.length === 0) return;
    for (const { event } of batch) {
      const failure = failureOf(event, own);
      if (failure === null) continue;
      writeStored(
        sessionStorage,
        key,
        readOwnRuns().filter(([id]) => id !== failure.id),
      );
      const address = `/runs/${failure.id}`;
      if (location.pathname !== address)
        tellFailure(failure.sentence, { name: 'Open the run', run: () => open(address) });
    }
  });
}
