// Asks a server that has loaded `growth-memory.ts` for its memory, once it has collected all garbage.
import type { ChildProcess } from 'node:child_process';

export const measureMemory = 'bench:measure-memory';
export const memoryOptions: readonly string[] = [
  '--expose-gc',
  `--import=${new URL('./growth-memory.ts', import.meta.url).href}`,
];

export interface Memory {
  readonly residentMb: number;
  readonly heapMb: number;
  /** What the engine has reserved for it. */
  readonly heapTotalMb: number;
  /** Beside the heap and counted by the engine, such as the memory of an embedded database. */
  readonly externalMb: number;
}

export function askMemory(child: ChildProcess): Promise<Memory> {
  return new Promise((resolve, reject) => {
    const hear = (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !(measureMemory in message)) return;
      child.off('message', hear);
      const { rss, heapUsed, heapTotal, external } = message[measureMemory] as NodeJS.MemoryUsage;
      const mb = (bytes: number): number => bytes / 2 ** 20;
      resolve({ residentMb: mb(rss), heapMb: mb(heapUsed), heapTotalMb: mb(heapTotal), externalMb: mb(external) });
    };
    child.on('message', hear);
    child.send(measureMemory, (error) => error && reject(error));
  });
}
