// Tells the clock of this process that schedules were changed. Carries nothing: it looks at the table.
const listeners = new Set<() => void>();

/** Calls back after each commit that changed schedules, in this process only. Returns how to stop. */
export function onChanged(run: () => void): () => void {
  const listener = () => run();
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function announceChanged(): void {
  for (const listener of listeners) listener();
}
