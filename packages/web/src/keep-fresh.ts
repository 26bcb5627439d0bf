// Applies the table of live.ts to the cache while events come in.
import type { QueryClient, QueryKey } from '@tanstack/react-query';
import { onEvents, onLoss } from './lib/socket.ts';
import { effectsOf } from './live.ts';

const settleMs = 120;
/** The same answer is read again at most this often, however much happens: what events patch is shown at once anyway. */
const restMs = 1500;

/**
 * Applies events to the cache: patches at once, refreshes gathered so that a burst costs one read a key. A key that is
 * being read waits for the next round, since that read may have begun before the event.
 */
export function keepFresh(client: QueryClient): () => void {
  const stale = new Map<string, QueryKey>();
  const refreshedAt = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refresh = (): void => {
    timer = undefined;
    const now = Date.now();
    for (const [name, queryKey] of stale) {
      if (now - (refreshedAt.get(name) ?? 0) < restMs || client.isFetching({ queryKey }) > 0) continue;
      stale.delete(name);
      refreshedAt.set(name, now);
      void client.invalidateQueries({ queryKey });
    }
    if (refreshedAt.size > 1000) refreshedAt.clear();
    if (stale.size > 0) timer = setTimeout(refresh, settleMs);
  };
  const stopEvents = onEvents((batch) => {
    const patches = new Map<string, { key: QueryKey; changes: Array<(old: unknown) => unknown> }>();
    for (const { event } of batch) {
      const { refresh: keys, patch } = effectsOf(event);
      for (const key of keys) stale.set(JSON.stringify(key), key);
      if (!patch) continue;
      const name = JSON.stringify(patch.key);
      const known = patches.get(name);
      if (known) known.changes.push(patch.change);
      else patches.set(name, { key: patch.key, changes: [patch.change] });
    }
    // One write a key and batch: each write compares the whole answer with the one before.
    for (const { key, changes } of patches.values()) {
      client.setQueryData(key, (old: unknown) => changes.reduce((value, change) => change(value), old));
    }
    timer ??= setTimeout(refresh, settleMs);
  });
  const stopLoss = onLoss(() => void client.invalidateQueries());
  return () => {
    clearTimeout(timer);
    stopEvents();
    stopLoss();
  };
}
