// Knows whether the running code is inside a transaction. Invariant: inside one, only that transaction's own connection is
// awaited; anything else is refused at once, since on the embedded database's one connection it would wait for ever.
import { AsyncLocalStorage } from 'node:async_hooks';

interface Scope {
  open: boolean;
}

const scopes = new AsyncLocalStorage<Scope | undefined>();

export function insideTransaction(): boolean {
  return scopes.getStore()?.open === true;
}

/** Refuses to go on inside a transaction. `what` begins the sentence: "A model call", "The outer database handle". */
export function assertOutsideTransaction(what: string): void {
  if (!insideTransaction()) return;
  throw new Error(
    `${what} was used inside a transaction. Inside a transaction only its own handle may be awaited: use the tx that the transaction was given, or move this call before or after it.`,
  );
}

/** Runs `work` as the inside of a transaction; what it started and left running is outside again once it ends. */
export async function runInsideTransaction<T>(work: () => Promise<T>): Promise<T> {
  const scope: Scope = { open: true };
  try {
    return await scopes.run(scope, work);
  } finally {
    scope.open = false;
  }
}

/** Runs `work` as code of no transaction, whoever calls: for what a transaction merely sets off, such as notifications. */
export function runOutsideTransaction<T>(work: () => T): T {
  return scopes.run(undefined, work);
}
