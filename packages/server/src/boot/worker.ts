// The role that does the work of the queues.

import { makeCtx, systemActor } from './make-ctx.ts';
import type { OpenGround } from './open-ground.ts';

/** `inline` false: each node goes through the queue, as benchmarks compare. */
export async function startWorker({ ground, queue }: OpenGround, { inline = true } = {}): Promise<void> {
  const actor = systemActor('worker');
  const { workerSlots } = ground.config;
  await queue.startWorker({
    // Quick work waits for disks and networks most of the time; turns of agents hold prompts in memory.
    slots: { quick: workerSlots * 4, agents: workerSlots },
    inline,
    makeCtx: (signal, requestId) => makeCtx(ground, { actor, requestId, signal }),
  });
}
