// Tells whoever follows events in this process that triggers were changed. Carries nothing: it looks at the table.
const listeners = new Set<() => void>();

/** Calls back after each commit that changed a trigger, in this process only. Returns how to stop. */
export function onTriggersChanged(run: () => void): () => void {
  const listener = () => run();
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function announceTriggers(): void {
  for (const listener of listeners) listener();
}
