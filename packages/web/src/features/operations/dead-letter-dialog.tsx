// One dead letter with its payload, and what can be done about it.
import {
  type DeadLetterDetails,
  dismissDeadLetterRoute,
  readDeadLetterRoute,
  redriveDeadLetterRoute,
} from '@gathering/contract/operations-dead-letters';
import { RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatExact } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, useRead } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { CopyText } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { JsonTree } from '../../ui/json-tree.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { tell } from '../../ui/toast.tsx';
import { SubjectLink } from './subject-link.tsx';

const refreshes = ['operations.read-dead-letter', 'operations.list-dead-letters'];

interface DialogProps {
  readonly id: string;
  readonly onClose: () => void;
}

export function DeadLetterDialog({ id, onClose }: DialogProps) {
  const may = useMay();
  const letter = useRead(readDeadLetterRoute, { params: { id } });
  const done = (words: string) => () => {
    onClose();
    tell(words);
  };
  const redrive = useAct(redriveDeadLetterRoute, { refreshes, onDone: done('The job is done again') });
  const dismiss = useAct(dismissDeadLetterRoute, { refreshes, onDone: done('Dead letter dismissed') });
  const error = letter.error ?? redrive.error ?? dismiss.error;
  const isOpen = letter.data?.state === 'dead' && may('operations.write');
  return (
    <Dialog
      open
      onClose={onClose}
      title={letter.data?.job ?? 'Dead letter'}
      wide
      footer={
        isOpen && (
          <>
            <Button
              busy={dismiss.isPending}
              disabled={redrive.isPending}
              onClick={() => dismiss.mutate({ params: { id } })}
            >
              Dismiss
            </Button>
            <Button
              look="primary"
              icon={RotateCcw}
              busy={redrive.isPending}
              disabled={dismiss.isPending || !letter.data?.redrive.possible}
              onClick={() => redrive.mutate({ params: { id } })}
            >
              Redrive
            </Button>
          </>
        )
      }
    >
      {letter.isPending && <SkeletonRows rows={6} />}
      {letter.data && <Facts letter={letter.data} />}
      {error && <ErrorBox error={error} />}
    </Dialog>
  );
}

function Facts({ letter }: { readonly letter: DeadLetterDetails }) {
  const { reason, redrive, payload, state, settledAt, settledBy } = letter;
  return (
    <>
      <p className="text-sm break-words whitespace-pre-wrap">{reason}</p>
      {state === 'dead' && redrive.why !== null && (
        <p className="rounded-md border border-line bg-surface px-3 py-2 text-sm text-ink-2">
          It is not done again by itself. {redrive.why}
        </p>
      )}
      <dl className="grid grid-cols-[7rem_1fr] gap-y-1 text-sm">
        <Fact name="State">
          <StateBadge state={state} />
          {settledAt !== null && settledBy !== null && (
            <span className="ml-2 text-ink-2">
              {formatExact(settledAt)} by {settledBy}
            </span>
          )}
        </Fact>
        <Fact name="Failed">
          {letter.attempts} times, the last time {formatExact(letter.failedAt)}
        </Fact>
        <Fact name="Queued">{letter.queuedAt === null ? 'not known' : formatExact(letter.queuedAt)}</Fact>
        <Fact name="Queue">{letter.queue}</Fact>
        <Fact name="About">{letter.subject === null ? 'not known' : <SubjectLink subject={letter.subject} />}</Fact>
        <Fact name="Request">
          {letter.requestId === null ? 'none' : <CopyText text={letter.requestId} what="request id" whole />}
        </Fact>
      </dl>
      {payload === null ? (
        <p className="text-sm text-ink-3">Its payload was too large to be kept.</p>
      ) : (
        <JsonTree value={payload} root="payload" />
      )}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-ink-3">{name}</dt>
      <dd className="leading-5 break-all [&>button:first-child]:-ml-1">{children}</dd>
    </div>
  );
}
