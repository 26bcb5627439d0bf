// The inner side of a bounded thread: answers one request at a time, part by part, so that what was answered
// before a part that never ends is not lost.
import { parentPort } from 'node:worker_threads';

export interface ThreadRequest<Request> {
  readonly id: number;
  readonly request: Request;
}

/** `ready` is sent once, when everything is loaded. `cpuMs` is the time that this thread has worked in all. */
export type ThreadMessage<Part> =
  | { readonly kind: 'ready'; readonly cpuMs: number }
  | { readonly kind: 'part'; readonly id: number; readonly part: Part; readonly cpuMs: number }
  | { readonly kind: 'end'; readonly id: number; readonly cpuMs: number };

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

export function serveThread<Request, Part>(answer: (request: Request) => Iterable<Part>): void {
  const post = (message: ThreadMessage<Part>) => parentPort?.postMessage(message);
  parentPort?.on('message', ({ id, request }: ThreadRequest<Request>) => {
    for (const part of answer(request)) post({ kind: 'part', id, part, cpuMs: cpuMs() });
    post({ kind: 'end', id, cpuMs: cpuMs() });
  });
  post({ kind: 'ready', cpuMs: cpuMs() });
}
