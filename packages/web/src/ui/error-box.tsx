// A refusal or failure as the server said it: the sentence, what to do, another try, and the request id to quote.
import { ApiError } from '@gathering/contract/client';
import { Compass, RotateCcw, TriangleAlert } from 'lucide-react';
import { nameOfPointer } from '../lib/use-form.ts';
import { Button, LinkButton } from './button.tsx';
import { CopyText } from './copy.tsx';
import { EmptyState } from './empty-state.tsx';
import { wordsOf } from './error-words.ts';
import { Sentence } from './sentence.tsx';

interface ErrorBoxProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
  readonly title?: string;
  /** Fields that show their own faults: those are not said twice. */
  readonly fields?: readonly string[];
}

export function ErrorBox({ error, onRetry, title, fields = [] }: ErrorBoxProps) {
  const { sentence, mend, requestId, faults: all } = wordsOf(error);
  const faults = all.filter(({ at }) => !fields.includes(nameOfPointer(at)));
  return (
    <div role="alert" className="flex gap-2.5 rounded-md border border-line bg-bad-soft p-3 text-sm">
      <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-bad" />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        {title && <p className="font-semibold text-ink">{title}</p>}
        <p className="break-words font-medium text-ink">
          <Sentence text={sentence} />
        </p>
        <p className="text-ink-2">
          <Sentence text={mend} />
        </p>
        {faults.length > 0 && (
          <ul className="list-disc pl-4 text-ink-2">
            {faults.slice(0, 8).map((fault) => (
              <li key={`${fault.at} ${fault.message}`}>
                <Sentence text={fault.message} />
              </li>
            ))}
          </ul>
        )}
        {(onRetry || requestId) && (
          <div className="mt-1 flex items-center gap-3">
            {onRetry && (
              <Button icon={RotateCcw} onClick={onRetry}>
                Try again
              </Button>
            )}
            {requestId && (
              <span className="inline-flex items-center gap-1 text-xs text-ink-2">
                Request <CopyText text={requestId} what="request id" />
              </span>
            )}
          </div>
        )}
      </div>
    </div>
  );
}

interface PageErrorProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
  /** Where to go on from when what the address names does not exist. */
  readonly back?: { readonly label: string; readonly to: string };
}

/** What does not exist is not there at the next try either: a way on instead of another try. */
export function PageError({ error, onRetry, back }: PageErrorProps) {
  if (back && error instanceof ApiError && namesNothing(error)) {
    return (
      <EmptyState
        icon={Compass}
        title={error.status === 404 ? error.message.replace(/\.$/, '') : 'There is no such page'}
        action={
          <LinkButton to={back.to} look="primary">
            {back.label}
          </LinkButton>
        }
      >
        The address may be mistyped, or what it named was removed.
      </EmptyState>
    );
  }
  return (
    <div className="mx-auto w-full max-w-xl p-6">
      <ErrorBox error={error} onRetry={onRetry} />
    </div>
  );
}

/** An id in the address that is no id names nothing as well. */
function namesNothing({ status, problem }: ApiError): boolean {
  return status === 404 || (problem?.faults ?? []).some((fault) => fault.in === 'params');
}
