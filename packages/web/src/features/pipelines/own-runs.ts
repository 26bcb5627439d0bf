// Runs that were started in this tab. When one of them goes wrong while another page is open, a note says so and leads there.
import type { GatheringEvent } from '@gathering/contract/events';
import type { Run } from '@gathering/contract/pipelines';
import { onEvents } from '../../lib/socket.ts';
import { readStored, writeStored } from '../../lib/stored.ts';
import { tellFailure } from '../../ui/toast.tsx';

const key = 'runs.own';
const maxKept = 50;

type OwnRun = readonly [id: string, name: string];

function readOwnRuns(): readonly OwnRun[] {
  const stored = readStored(sessionStorage, key);
  return Array.isArray(stored) ? (stored as OwnRun[]) : [];
}

export function noteOwnRun({ id, pipelineName }: Pick<Run, 'id' | 'pipelineName'>): void {
  writeStored(sessionStorage, key, [...readOwnRuns(), [id, pipelineName]].slice(-maxKept));
}

const failures: Record<string, string> = { failed: 'failed', timed_out: 'took too long and was ended' };

/** The run that an event says went wrong, if it is one of these. */
export function failureOf(event: GatheringEvent, own: readonly OwnRun[]): { id: string; sentence: string } | null {
  if (event.type !== 'pipelines.run-ended') return null;
  const what = failures[String(event.payload.status)];
  const run = own.find(([id]) => event.subject === `runs/${id}`);
  return what && run ? { id: run[0], sentence: `“${run[1]}” ${what}` } : null;
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
