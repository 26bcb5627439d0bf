// Loaded into the server that `bench:growth` measures (`--import`, with `--expose-gc`): asked by its parent, it collects all garbage
// and tells what memory is left. Processes that the server starts load it too and are asked nothing.
import { setImmediate } from 'node:timers/promises';
import { measureMemory } from './growth-ask-memory.ts';

process.on('message', async (message) => {
  if (message !== measureMemory) return;
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await setImmediate();
  }
  process.send?.({ [measureMemory]: process.memoryUsage() });
});
