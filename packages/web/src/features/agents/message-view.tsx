// One message of a chat, or the answer that is being written.
import type { Message } from '@gathering/contract/agents';
import { Bot } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import { formatCount, formatMoney } from '../../lib/format.ts';
import { CopyButton } from '../../ui/copy.tsx';
import { MarkdownView } from '../../ui/markdown-view.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import type { Stream } from './apply-delta.ts';
import { ToolCard } from './tool-card.tsx';

function FromAgent({
  name,
  children,
  foot,
}: {
  readonly name: string;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
}) {
  return (
    <div className="group flex gap-3">
      <span className="mt-0.5 inline-flex size-6 shrink-0 items-center justify-center rounded-md bg-chosen text-accent-ink">
        <Bot size={14} aria-hidden />
      </span>
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        <span className="text-sm font-semibold">{name}</span>
        {children}
        {foot}
      </div>
    </div>
  );
}

const stopWords: Record<string, string> = {
  'step-limit': 'Stopped: its limit of steps was reached',
  'token-limit': 'Stopped: its limit of tokens was reached',
  'time-limit': 'Stopped: its limit of time was reached',
  'no-progress': 'Stopped: it repeated itself without progress',
  'output-limit': 'Cut off: the answer reached the longest that the model may write',
  'content-filter': "Stopped by the provider's content filter",
  'model-failed': 'The model failed',
  'not-allowed': 'Whoever asked may not have this done any more',
  'output-invalid': 'The answer did not have the form that was asked for',
  'schema-unusable': 'The form that was asked for cannot be used',
  cancelled: 'Stopped',
};

interface MessageViewProps {
  readonly message: Message;
  readonly agentName: string;
}

export const MessageView = memo(function MessageView({ message, agentName }: MessageViewProps) {
  if (message.role === 'user') {
    return (
      <div className="flex justify-end">
        <div className="max-w-[85%] rounded-lg border border-line bg-raised px-3 py-2 text-sm break-words whitespace-pre-wrap">
          {message.text}
        </div>
      </div>
    );
  }
  const stopped =
    message.stopReason === null || message.stopReason === 'completed'
      ? null
      : (stopWords[message.stopReason] ?? message.stopReason);
  return (
    <FromAgent
      name={agentName}
      foot={
        <div className="flex h-6 items-center gap-2 text-xs text-ink-3 tabular-nums">
          <Ago at={message.createdAt} />
          {message.model && <span>· {message.provider === 'offline' ? 'built-in offline model' : message.model}</span>}
          {message.inputTokens + message.outputTokens > 0 && (
            <span>· {formatCount(message.inputTokens + message.outputTokens)} tokens</span>
          )}
          {message.costUsd !== null && message.costUsd > 0 && <span>· {formatMoney(message.costUsd)}</span>}
          <span className="opacity-0 focus-within:opacity-100 group-hover:opacity-100">
            <CopyButton text={message.text} name="Copy the answer" />
          </span>
        </div>
      }
    >
      {message.toolCalls.length > 0 && (
        <div className="flex flex-col gap-1">
          {message.toolCalls.map((call) => (
            <ToolCard key={call.callId} tool={call.tool} input={call.input} result={call} />
          ))}
        </div>
      )}
      <MarkdownView text={message.text} level={1} />
      {stopped && (
        <span>
          <StateBadge state={message.stopReason === 'cancelled' ? 'cancelled' : 'failed'} word={stopped} />
        </span>
      )}
    </FromAgent>
  );
});

export function StreamView({ stream, agentName }: { readonly stream: Stream | undefined; readonly agentName: string }) {
  return (
    <FromAgent name={agentName}>
      {(stream?.parts ?? []).map((part, index) =>
        part.kind === 'text' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts are only ever added at the end
          <MarkdownView key={index} text={part.text} level={1} />
        ) : (
          <ToolCard key={part.call.callId} tool={part.call.tool} input={part.call.input} result={part.call.result} />
        ),
      )}
      {!stream?.ended && (
        <span role="status" className="flex items-center gap-1.5 text-xs text-ink-3">
          <span className="breathing size-1.5 rounded-full bg-running" aria-hidden />
          {stream === undefined || stream.parts.length === 0 ? 'Thinking' : 'Writing'}
        </span>
      )}
    </FromAgent>
  );
}
