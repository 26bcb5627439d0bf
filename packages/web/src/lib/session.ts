// Who is signed in. The token lives in memory and, so that a reload loses nothing, in this tab's storage; only when
// the person asks to stay signed in is it kept on the device. It leaves with sign-out and with the first refusal.
import { sessionSchema, type User } from '@gathering/contract/auth';
import type * as z from 'zod';
import { createStore } from './store.ts';
import { readStored, writeStored } from './stored.ts';

export type Session = z.infer<typeof sessionSchema>;

function restore(): Session | null {
  for (const storage of [sessionStorage, localStorage]) {
    const parsed = sessionSchema.safeParse(readStored(storage, 'session'));
    if (parsed.success && Date.parse(parsed.data.expiresAt) > Date.now()) return parsed.data;
  }
  return null;
}

export const session = createStore<Session | null>(restore());

export function beginSession(next: Session, keepOnDevice: boolean): void {
  writeStored(keepOnDevice ? localStorage : sessionStorage, 'session', next);
  session.set(next);
}

export function endSession(): void {
  writeStored(localStorage, 'session', undefined);
  writeStored(sessionStorage, 'session', undefined);
  writeStored(sessionStorage, 'cursor', undefined);
  session.set(null);
}

export function currentUser(): User | null {
  return session.get()?.user ?? null;
}
