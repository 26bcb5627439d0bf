// Every fault of the drawn pipeline; each leads to its node.
import type { Fault } from '@gathering/contract/errors';
import { CircleCheck, TriangleAlert } from 'lucide-react';
import { plainFault } from '../../lib/use-form.ts';
import { Sentence } from '../../ui/sentence.tsx';

function wordsOf({ message }: Fault): string {
  const at = message.indexOf(': ');
  return at < 0 ? message : `${message.slice(0, at)}: ${lowerFirst(plainFault(message.slice(at + 2)))}`;
}
const lowerFirst = (text: string): string =>
  text.startsWith('This is') ? text.charAt(0).toLowerCase() + text.slice(1) : text;

interface FaultListProps {
  readonly faults: readonly Fault[];
  readonly onChoose: (nodeId: string | null) => void;
}

export function FaultList({ faults, onChoose }: FaultListProps) {
  return (
    <section
      aria-label="Faults"
      aria-live="polite"
      className="max-h-36 shrink-0 overflow-y-auto border-t border-line bg-surface"
    >
      {faults.length === 0 ? (
        <p className="flex h-9 items-center gap-2 px-3 text-sm text-ink-3">
          <CircleCheck size={14} aria-hidden className="text-good" />
          No faults: it can run.
        </p>
      ) : (
        <ul>
          {faults.map((fault) => (
            <li key={`${fault.at} ${fault.message}`}>
              <button
                type="button"
                onClick={() => onChoose(fault.nodeId ?? null)}
                className="flex min-h-8 w-full items-center gap-2 px-3 py-1 text-left text-sm -outline-offset-2 hover:bg-hover"
              >
                <TriangleAlert size={13} aria-hidden className="shrink-0 text-bad" />
                <span>
                  <Sentence text={wordsOf(fault)} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
