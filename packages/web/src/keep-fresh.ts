// Applies the table of live.ts to the cache while events come in.
import type { QueryClient, QueryKey } from '@tanstack/react-query';
import type { LiveEvent } from './lib/socket.ts';
import { effectsOf } from './live.ts';

const settleMs = 120;
/** The same answer is read again at most this often, however much happens: what events patch is shown at once anyway. */
const restMs = 1500;

/** Where events come from, and the word that some may have been missed; each returns how to stop. */
export interface LiveSource {
  readonly onEvents: (hear: (batch: readonly LiveEvent[]) => void) => () => void;
  readonly onLoss: (hear: () => void) => () => void;
}

type Change = (old: unknown) => unknown;
const applyAll = (changes: readonly Change[]) => (old: unknown) =>
  changes.reduce((value, change) => change(value), old);

/**
 * Applies events to the cache: patches at once, refreshes gathered so that a burst costs one read a key. A key that is
 * being read waits for the next round, since that read may have begun before the event; for the same reason patches that
 * come during a read are applied to its answer as well, so that nothing that was shown is taken back for a moment.
 */
export function keepFresh(client: QueryClient, source: LiveSource): () => void {
  const stale = new Map<string, QueryKey>();
  const refreshedAt = new Map<string, number>();
  const duringRead = new Map<string, Change[]>();
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
  const stopEvents = source.onEvents((batch) => {
    const patches = new Map<string, { key: QueryKey; changes: Change[] }>();
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
    for (const [name, { key, changes }] of patches) {
      client.setQueryData(key, applyAll(changes));
      if (client.isFetching({ queryKey: key, exact: true }) > 0)
        duringRead.set(name, [...(duringRead.get(name) ?? []), ...changes]);
    }
    timer ??= setTimeout(refresh, settleMs);
  });
  const stopAnswers = client.getQueryCache().subscribe((event) => {
    // The cache tells of much more than of answers.
    if (duringRead.size === 0 || event.query.state.fetchStatus !== 'idle') return;
    const name = JSON.stringify(event.query.queryKey);
    const changes = duringRead.get(name);
    if (changes === undefined) return;
    duringRead.delete(name);
    const isAnswer = event.type === 'updated' && event.action.type === 'success' && event.action.manual !== true;
    if (isAnswer) client.setQueryData(event.query.queryKey, applyAll(changes));
  });
  const stopLoss = source.onLoss(() => void client.invalidateQueries());
  return () => {
    clearTimeout(timer);
    stopEvents();
    stopAnswers();
    stopLoss();
  };
}
