// Tells the sealer of this process that entries were written. Carries nothing: it looks at the table.
// Kept by the process, not by a ctx, since the writer may be any transaction and a needless wake-up costs one query.
const listeners = new Set<() => void>();

/** Calls back after each commit that wrote entries, in this process only. Returns how to stop. */
export function onRecorded(run: () => void): () => void {
  const listener = () => run();
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function announceRecorded(): void {
  for (const listener of listeners) listener();
}
