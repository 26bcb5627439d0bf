// The session as a page needs it: asked for once, with another try where the server was away.
import type { BrowserSession } from '@gathering/contract/auth';
import { useCallback, useEffect, useState } from 'react';
import { loadSession } from './client.ts';
import { session } from './session.ts';
import { useStore } from './store.ts';

interface SessionState {
  /** Undefined: not known yet. */
  readonly current: BrowserSession | null | undefined;
  readonly error: unknown;
  readonly retry: () => void;
}

export function useSession(): SessionState {
  const current = useStore(session);
  const [error, setError] = useState<unknown>(null);
  const retry = useCallback(() => {
    setError(null);
    loadSession().catch(setError);
  }, []);
  useEffect(() => {
    if (current === undefined) retry();
  }, [current, retry]);
  return { current, error, retry };
}
