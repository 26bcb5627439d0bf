// Who is signed in. The session itself is in a cookie that no script can read; this is what the server says of it. A mark in
// the browser's storage, which holds no secret, tells every tab when a session begins and ends, and whether to ask for one.
import type { BrowserSession } from '@gathering/contract/auth';
import { createStore } from './store.ts';
import { readStored, writeStored } from './stored.ts';

const mark = 'signed-in';

/** Undefined: the server was not asked yet; null: nobody. */
export const session = createStore<BrowserSession | null | undefined>(
  readStored(localStorage, mark) === undefined ? null : undefined,
);

export function beginSession(next: BrowserSession): void {
  writeStored(localStorage, mark, Date.now());
  session.set(next);
}

export function endSession(): void {
  writeStored(localStorage, mark, undefined);
  forgetSession();
}

function forgetSession(): void {
  writeStored(sessionStorage, 'cursor', undefined);
  session.set(null);
}

/** What other tabs do: a session that ended there has ended here, and for one that began there `onBegun` is called. */
export function followOtherTabs(onBegun: () => void): void {
  addEventListener('storage', ({ key, newValue }) => {
    // Without a key the whole storage was emptied, which says nothing of the cookie.
    if (key !== `gathering.${mark}`) return;
    if (newValue === null) forgetSession();
    else onBegun();
  });
}
