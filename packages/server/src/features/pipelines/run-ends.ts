// Tells whoever waits in this process that runs have ended here, right after the commit. Not a fact to rely on: a run may
// end in another process, whose events tell of it everywhere.
const listeners = new Set<(runIds: readonly string[]) => void>();

/** Returns how to stop. */
export function onRunsEnded(run: (runIds: readonly string[]) => void): () => void {
  const listener = (runIds: readonly string[]) => run(runIds);
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function announceRunsEnded(runIds: readonly string[]): void {
  for (const listener of listeners) listener(runIds);
}
