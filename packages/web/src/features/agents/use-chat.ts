// The life of one open chat: its messages, the answer being written, sending and stopping. Sending goes over the socket
// so that tokens come back at once; where the socket is down, over REST, and the answer appears when it is whole.
import type { Message } from '@gathering/contract/agents';
import { listMessagesRoute, sendMessageRoute, stopTurnRoute } from '@gathering/contract/agents-chats';
import { useEffect, useMemo, useState } from 'react';
import { call } from '../../lib/client.ts';
import { queryClient, usePages } from '../../lib/query.ts';
import { ask, isOpen } from '../../lib/socket.ts';
import type { Stream } from './apply-delta.ts';
import { dropStream, useStream } from './stream.ts';

export interface ChatLife {
  readonly messages: readonly Message[];
  readonly pending: string | null;
  readonly stream: Stream | undefined;
  readonly isAnswering: boolean;
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly loadError: unknown;
  readonly reload: () => void;
  readonly older: (() => void) | null;
  readonly send: (text: string) => void;
  readonly stop: () => void;
}

export function useChat(chatId: string | undefined): ChatLife {
  const pages = usePages(listMessagesRoute, { params: { id: chatId ?? '' } }, { enabled: chatId !== undefined });
  const stream = useStream(chatId);
  const [pending, setPending] = useState<{ readonly text: string; readonly after: number } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const { items } = pages;
  const messages = useMemo(() => [...items].reverse(), [items]);

  const isStored =
    stream !== undefined && items.some((message) => message.turnId === stream.turnId && message.role === 'assistant');
  useEffect(() => {
    if (chatId !== undefined && isStored) dropStream(chatId);
  }, [chatId, isStored]);
  const userCount = items.filter((message) => message.role === 'user').length;
  useEffect(() => {
    if (pending !== null && userCount > pending.after) setPending(null);
  }, [pending, userCount]);

  const refresh = (): void =>
    void queryClient.invalidateQueries({ queryKey: [listMessagesRoute.name, { params: { id: chatId } }] });
  const send = (text: string): void => {
    if (chatId === undefined) return;
    setError(null);
    setPending({ text, after: userCount });
    const sent: Promise<unknown> = isOpen()
      ? ask({ type: 'agents.send', chatId, text })
      : call(sendMessageRoute, { params: { id: chatId }, body: { text } });
    sent.then(refresh, (refusal: unknown) => {
      setPending(null);
      setError(refusal);
    });
  };
  const stop = (): void => {
    if (chatId === undefined) return;
    void call(stopTurnRoute, { params: { id: chatId } }).then(refresh, setError);
  };
  const last = messages.at(-1);
  const isUnanswered = last?.role === 'user' && Date.now() - Date.parse(last.createdAt) < 30 * 60_000;
  return {
    messages,
    pending: pending?.text ?? null,
    stream: isStored ? undefined : stream,
    isAnswering: pending !== null || isUnanswered || (stream !== undefined && !isStored && stream.ended === null),
    error,
    isLoading: pages.isPending && chatId !== undefined,
    loadError: pages.data ? null : pages.error,
    reload: () => void pages.refetch(),
    older: pages.hasNextPage ? () => void pages.fetchNextPage() : null,
    send,
    stop,
  };
}
