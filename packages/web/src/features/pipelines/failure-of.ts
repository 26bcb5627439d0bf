// Whether an event tells that one of these runs went wrong, and how to say so.
import type { GatheringEvent } from '@gathering/contract/events';

export type OwnRun = readonly [id: string, name: string];

const failures: Record<string, string> = { failed: 'failed', timed_out: 'took too long and was ended' };

/** The run that an event says went wrong, if it is one of these. */
export function failureOf(event: GatheringEvent, own: readonly OwnRun[]): { id: string; sentence: string } | null {
  if (event.type !== 'pipelines.run-ended') return null;
  const what = failures[String(event.payload.status)];
  const run = own.find(([id]) => event.subject === `runs/${id}`);
  return what && run ? { id: run[0], sentence: `“${run[1]}” ${what}` } : null;
}
