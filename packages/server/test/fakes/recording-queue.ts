// A queue that only notes what was asked of it, for tests that run the jobs themselves.
import type { Queue } from '../../src/jobs/queue.ts';
import type { NewJob } from '../../src/jobs/settlement.ts';

export interface RecordingQueue extends Queue {
  readonly jobs: NewJob[];
  readonly cancelled: string[];
}

export function recordQueue(): RecordingQueue {
  const jobs: NewJob[] = [];
  const cancelled: string[] = [];
  return {
    jobs,
    cancelled,
    enqueue: async (tx, added) => tx.afterCommit(() => jobs.push(...added)),
    takeBack: async () => [],
    cancel: async (tx, _name, ids) => tx.afterCommit(() => cancelled.push(...ids)),
    mark: () => Promise.reject(new Error('Turns of agents mark nothing.')),
    abort: () => undefined,
  };
}
