// Which request the running code belongs to, so that jobs it enqueues and lines it logs carry its id.
import { AsyncLocalStorage } from 'node:async_hooks';

const requestIds = new AsyncLocalStorage<string>();

export function currentRequestId(): string | null {
  return requestIds.getStore() ?? null;
}

export function runInRequest<T>(requestId: string | null, work: () => T): T {
  return requestId === null ? work() : requestIds.run(requestId, work);
}
