// The journal of a turn: every model and tool call with what went in, what came out, tokens, cost and time.
import type { Step, Turn } from '@gathering/contract/agents';
import { ChevronRight, Cpu, Wrench } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { formatCount, formatMoney } from '../lib/format.ts';
import { answerOf, messagesOf } from '../lib/read-step.ts';
import { classes } from './classes.ts';
import { JsonTree } from './json-tree.tsx';
import { StateIcon } from './state-badge.tsx';
import { Elapsed } from './time.tsx';

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <h4 className="text-xs text-ink-3">{title}</h4>
      <div className="overflow-x-auto rounded-md border border-line bg-sunken p-2">{children}</div>
    </div>
  );
}

function Prompt({ input }: { readonly input: Step['input'] }) {
  const messages = messagesOf(input);
  if (messages === null) return <JsonTree value={input} root="input" />;
  return (
    <ul className="flex flex-col gap-2">
      {messages.map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a prompt is a fixed list whose messages have no identity
        <li key={index}>
          <span className="text-xs font-medium text-ink-2">{message.role}</span>
          {typeof message.content === 'string' ? (
            <p className="max-h-72 overflow-y-auto font-mono text-xs leading-5 break-words whitespace-pre-wrap">
              {message.content}
            </p>
          ) : (
            <JsonTree value={message.content} />
          )}
        </li>
      ))}
    </ul>
  );
}

function StepBody({ step }: { readonly step: Step }) {
  const { output } = step;
  const text = typeof output === 'string' ? output : null;
  const answer = step.kind === 'model' ? answerOf(output) : text;
  return (
    <div className="flex flex-col gap-3 px-3 pt-1 pb-3">
      <Part title={step.kind === 'tool' ? 'Arguments' : 'What the model saw'}>
        {step.kind === 'tool' ? <JsonTree value={step.input} root="input" /> : <Prompt input={step.input} />}
      </Part>
      {step.output !== null && (
        <Part title={step.kind === 'tool' ? 'Result' : 'What it answered'}>
          {answer === null ? (
            <JsonTree value={step.output} root="output" />
          ) : (
            <p className="max-h-96 overflow-y-auto font-mono text-xs leading-5 break-words whitespace-pre-wrap">
              {answer}
            </p>
          )}
        </Part>
      )}
    </div>
  );
}

function StepCard({ step, decision }: { readonly step: Step; readonly decision: ReactNode }) {
  const [isOpen, setOpen] = useState(step.state === 'waiting');
  const Icon = step.kind === 'model' ? Cpu : Wrench;
  const tokens = (step.inputTokens ?? 0) + (step.outputTokens ?? 0);
  return (
    <li className="border-b border-line last:border-b-0">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex min-h-9 w-full items-center gap-2 px-3 py-1.5 text-left -outline-offset-2 hover:bg-hover"
      >
        <ChevronRight
          size={12}
          aria-hidden
          className={classes('shrink-0 text-ink-3 transition-transform', isOpen && 'rotate-90')}
        />
        <Icon size={13} aria-hidden className="shrink-0 text-ink-3" />
        <span className={classes('min-w-0 flex-1 truncate', step.kind === 'tool' ? 'font-mono text-xs' : 'text-sm')}>
          {step.kind === 'tool' ? step.tool : (step.model ?? 'Model call')}
        </span>
        <span className="flex shrink-0 items-center gap-2 text-xs text-ink-3 tabular-nums">
          {tokens > 0 && (
            <span title={`${step.inputTokens} in, ${step.outputTokens} out`}>{formatCount(tokens)} tok</span>
          )}
          {step.costUsd !== null && step.costUsd > 0 && <span>{formatMoney(step.costUsd)}</span>}
          <Elapsed from={step.startedAt} to={step.endedAt} isRunning={step.state === 'intended'} />
          <StateIcon state={step.state} size={13} label />
        </span>
      </button>
      {step.state === 'waiting' && decision && <div className="px-3 pb-3">{decision}</div>}
      {isOpen && <StepBody step={step} />}
    </li>
  );
}

interface StepListProps {
  readonly turn: Pick<Turn, 'steps'>;
  /** What is shown below a step that waits for a person. */
  readonly decisionOf?: (step: Step) => ReactNode;
}

export function StepList({ turn, decisionOf }: StepListProps) {
  if (turn.steps.length === 0) return <p className="p-3 text-sm text-ink-3">No step has begun yet.</p>;
  return (
    <ol>
      {turn.steps.map((step) => (
        <StepCard key={step.index} step={step} decision={decisionOf?.(step)} />
      ))}
    </ol>
  );
}
