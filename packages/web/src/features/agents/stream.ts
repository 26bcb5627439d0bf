// The answers that are being written, by chat, as the socket brings them. The stored message replaces a streamed one.
import { useEffect, useSyncExternalStore } from 'react';
import { onDeltas, watchChat } from '../../lib/socket.ts';
import { applyDelta, type Stream } from './apply-delta.ts';

const streams = new Map<string, Stream>();
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

onDeltas((batch) => {
  for (const { chatId, turnId, delta } of batch) streams.set(chatId, applyDelta(streams.get(chatId), turnId, delta));
  tell();
});

/** Forgets the streamed answer, once the stored one is shown. */
export function dropStream(chatId: string): void {
  if (streams.delete(chatId)) tell();
}

export function useStream(chatId: string | undefined): Stream | undefined {
  useEffect(() => (chatId === undefined ? undefined : watchChat(chatId)), [chatId]);
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => (chatId === undefined ? undefined : streams.get(chatId)),
  );
}
