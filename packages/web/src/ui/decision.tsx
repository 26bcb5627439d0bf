// A choice that waits for a person: what was cut off is repeated, or left as it is.
import { Hand, RotateCcw, SkipForward } from 'lucide-react';
import { Button } from './button.tsx';

interface DecisionProps {
  readonly question: string;
  readonly isBusy: boolean;
  /** Null: the reader may not decide. */
  readonly onDecide: ((decision: 'repeat' | 'skip') => void) | null;
}

export function Decision({ question, isBusy, onDecide }: DecisionProps) {
  return (
    <div className="flex flex-col gap-2 rounded-md bg-warn-soft p-3">
      <p className="flex gap-2 text-sm text-ink">
        <Hand size={15} aria-hidden className="mt-0.5 shrink-0 text-warn" />
        {question}
      </p>
      {onDecide ? (
        <div className="flex gap-2">
          <Button icon={RotateCcw} busy={isBusy} onClick={() => onDecide('repeat')}>
            Repeat it
          </Button>
          <Button icon={SkipForward} disabled={isBusy} onClick={() => onDecide('skip')}>
            Skip it
          </Button>
        </div>
      ) : (
        <p className="text-xs text-ink-2">Your role may not decide this; somebody with another one must.</p>
      )}
    </div>
  );
}
