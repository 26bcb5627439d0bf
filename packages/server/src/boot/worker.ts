// The role that does the work of the queues.

import { makeCtx, systemActor } from './make-ctx.ts';
import type { OpenGround } from './open-ground.ts';

export async function startWorker({ ground, queue }: OpenGround): Promise<void> {
  const actor = systemActor('worker');
  const { workerSlots } = ground.config;
  await queue.startWorker({
    // Quick work waits for disks and networks most of the time; turns of agents hold prompts in memory.
    slots: { quick: workerSlots * 4, agents: workerSlots },
    makeCtx: (signal, requestId) => makeCtx(ground, { actor, requestId, signal }),
  });
}
