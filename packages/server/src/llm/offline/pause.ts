// Lets other work run between two pieces of ours, and stops when the caller has gone.
import { setImmediate as untilNextTurn } from 'node:timers/promises';

/** Resolves in the next turn of the event loop; throws the signal's reason once it is aborted. */
export async function pauseBriefly(signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await untilNextTurn();
  signal?.throwIfAborted();
}
