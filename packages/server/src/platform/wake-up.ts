// Wakes whoever waits in this process. Carries nothing: they look at the table. Kept by the process, not by a ctx, since
// the writer may be any transaction and a needless wake-up costs one query.
export interface WakeUp {
  /** Calls back with each announcement from now on. Returns how to stop. */
  on(run: () => void): () => void;
  announce(): void;
}

export function makeWakeUp(): WakeUp {
  const listeners = new Set<() => void>();
  return {
    on(run) {
      // Of its own, so that the same function can be called by two.
      const listener = () => run();
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    announce() {
      for (const listener of listeners) listener();
    },
  };
}
