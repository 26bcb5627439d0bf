// The messages of a chat and the field to write in. It follows the answer only while the reader is at its end.
import { ArrowDown, ArrowUp, Square } from 'lucide-react';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { readStored, writeStored } from '../../lib/stored.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { MessageView, StreamView } from './message-view.tsx';
import type { ChatLife } from './use-chat.ts';

interface ComposerProps {
  readonly draftKey: string;
  readonly agentName: string;
  readonly isAnswering: boolean;
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
}

export function Composer({ draftKey, agentName, isAnswering, onSend, onStop }: ComposerProps) {
  const [text, setText] = useState(() => {
    const stored = readStored(sessionStorage, draftKey);
    return typeof stored === 'string' ? stored : '';
  });
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => writeStored(sessionStorage, draftKey, text === '' ? undefined : text), [draftKey, text]);
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = text === '' ? '' : `${Math.min(240, element.scrollHeight)}px`;
  }, [text]);
  const send = (): void => {
    if (text.trim() === '' || isAnswering) return;
    onSend(text.trim());
    setText('');
    field.current?.focus();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    }
    if (event.key === 'Escape' && isAnswering) onStop();
  };
  return (
    <div className="flex items-end gap-2 rounded-lg border border-line bg-surface p-1.5 focus-within:border-line-strong">
      <textarea
        ref={field}
        aria-label={`Message to ${agentName}`}
        placeholder={`Message ${agentName}`}
        rows={1}
        value={text}
        onChange={(change) => setText(change.target.value)}
        onKeyDown={press}
        className="max-h-60 min-h-8 flex-1 resize-none bg-transparent px-2 py-1.5 text-sm leading-5 outline-none"
      />
      {isAnswering ? (
        <Button icon={Square} onClick={onStop}>
          Stop
        </Button>
      ) : (
        <IconButton icon={ArrowUp} name="Send" look="primary" side="top" disabled={text.trim() === ''} onClick={send} />
      )}
    </div>
  );
}

interface ChatThreadProps {
  readonly chat: ChatLife;
  readonly agentId: string;
  readonly agentName: string;
}

export function ChatThread({ chat, agentId, agentName }: ChatThreadProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [isAway, setAway] = useState(false);
  const { messages, pending, stream, isAnswering } = chat;
  const follow = (): void => {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever makes the thread longer makes it follow
  useLayoutEffect(() => {
    if (isAtEnd.current) follow();
  }, [messages, pending, stream, isAnswering]);
  const watch = (): void => {
    const element = scroller.current;
    if (!element) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 60;
    setAway(!isAtEnd.current);
  };
  if (chat.loadError)
    return (
      <PageError
        error={chat.loadError}
        onRetry={chat.reload}
        back={{ label: 'Begin a new chat', to: `/agents/${agentId}` }}
      />
    );
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        onScroll={watch}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-label={`Chat with ${agentName}`}
        className="h-full overflow-y-auto -outline-offset-2"
      >
        <div className="mx-auto flex max-w-3xl flex-col gap-6 px-6 py-6">
          {chat.isLoading && <SkeletonRows rows={3} />}
          {chat.older && (
            <div className="text-center">
              <Button look="quiet" onClick={chat.older}>
                Earlier messages
              </Button>
            </div>
          )}
          {messages.map((message) => (
            <MessageView key={message.id} message={message} agentName={agentName} />
          ))}
          {pending !== null && (
            <div className="flex justify-end">
              <div className="max-w-[85%] rounded-lg border border-line bg-raised px-3 py-2 text-sm break-words whitespace-pre-wrap opacity-70">
                {pending}
              </div>
            </div>
          )}
          {(isAnswering || stream) && <StreamView stream={stream} agentName={agentName} />}
          {Boolean(chat.error) && <ErrorBox error={chat.error} />}
        </div>
      </div>
      {isAway && (
        <div className="absolute bottom-3 left-1/2 -translate-x-1/2">
          <Button icon={ArrowDown} onClick={follow}>
            To the end
          </Button>
        </div>
      )}
    </div>
  );
}
