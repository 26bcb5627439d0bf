// Tells whoever reads events in this process that some were stored. Carries nothing: readers look at the table.
// Kept by the process, not by a ctx, since the sender may be any transaction and a needless wake-up costs one query.
const listeners = new Set<() => void>();

/** Calls back after each commit that stored events, in this process only. Returns how to stop. */
export function onStored(run: () => void): () => void {
  const listener = () => run();
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function announceStored(): void {
  for (const listener of listeners) listener();
}
