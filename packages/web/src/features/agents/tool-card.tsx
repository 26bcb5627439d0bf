// A tool call in a chat: closed it says which tool, how it went and how long; open it shows arguments and result.
import type { Json } from '@gathering/contract/json';
import { ChevronRight, Wrench } from 'lucide-react';
import { useState } from 'react';
import { formatDuration } from '../../lib/format.ts';
import { classes } from '../../ui/classes.ts';
import { JsonTree } from '../../ui/json-tree.tsx';
import { StateIcon } from '../../ui/state-badge.tsx';

interface ToolCardProps {
  readonly tool: string;
  readonly input: Json;
  readonly result: { readonly ok: boolean; readonly output: string; readonly durationMs: number } | null;
}

function stateOf(result: ToolCardProps['result']): string {
  if (result === null) return 'running';
  return result.ok ? 'done' : 'failed';
}

function shortInput(input: Json): string {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) return '';
  return Object.entries(input)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
    .slice(0, 160);
}

export function ToolCard({ tool, input, result }: ToolCardProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="overflow-hidden rounded-md border border-line bg-surface">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex h-8 w-full items-center gap-2 px-2.5 text-left -outline-offset-2 hover:bg-hover"
      >
        <ChevronRight
          size={12}
          aria-hidden
          className={classes('shrink-0 text-ink-3 transition-transform', isOpen && 'rotate-90')}
        />
        <Wrench size={13} aria-hidden className="shrink-0 text-ink-3" />
        <span className="font-mono text-xs">{tool}</span>
        <span className="min-w-0 flex-1 truncate font-mono text-xs text-ink-3">{shortInput(input)}</span>
        {result && <span className="text-xs text-ink-3 tabular-nums">{formatDuration(result.durationMs)}</span>}
        <StateIcon state={stateOf(result)} size={13} label />
      </button>
      {isOpen && (
        <div className="flex flex-col gap-2 border-t border-line p-2.5">
          <p className="text-xs text-ink-3">Arguments</p>
          <JsonTree value={input} root="input" />
          {result && (
            <>
              <p className="text-xs text-ink-3">{result.ok ? 'Result' : 'It was refused'}</p>
              <pre
                // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
                tabIndex={0}
                className="max-h-72 overflow-auto font-mono text-xs leading-5 break-words whitespace-pre-wrap"
              >
                {result.output}
              </pre>
            </>
          )}
        </div>
      )}
    </div>
  );
}
