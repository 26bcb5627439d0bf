// Verifies the chain, piece by piece, and says what was found: whole with its head, or the first entry that is not.
import { type AuditVerdict, verifyAuditRoute } from '@gathering/contract/audit';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { call } from '../../lib/client.ts';
import { formatCount, formatExact } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { CopyText } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';

const markForm = /^\d{1,15}:[0-9a-f]{64}$/;

async function verifyAll(expect: string, signal: AbortSignal, onProgress: (position: number) => void) {
  const kept = expect === '' ? undefined : expect;
  for (let after: string | undefined; ; ) {
    const verdict = await call(verifyAuditRoute, { body: { after, expect: kept } }, { signal });
    onProgress(verdict.position);
    if (verdict.status !== 'unfinished') return verdict;
    after = verdict.next ?? undefined;
  }
}

export function VerifyDialog({ onClose }: { readonly onClose: () => void }) {
  const [expect, setExpect] = useState('');
  const [position, setPosition] = useState(0);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const verify = useMutation({
    mutationFn: () => {
      const stop = new AbortController();
      running.current = stop;
      return verifyAll(expect.trim(), stop.signal, setPosition);
    },
  });
  const isForeign = expect.trim() !== '' && !markForm.test(expect.trim());
  return (
    <Dialog
      open
      onClose={onClose}
      title="Verify the audit"
      description="Every hash is computed anew from what is stored."
      wide
      onSubmit={() => !isForeign && !verify.isPending && verify.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{verify.isPending ? 'Stop' : 'Done'}</Button>
          <Button look="primary" type="submit" busy={verify.isPending} disabled={isForeign}>
            {verify.isPending && position > 0 ? `Position ${formatCount(position)}` : 'Verify'}
          </Button>
        </>
      }
    >
      <Field
        label="A head that you kept"
        optional
        hint="Position and hash, as an earlier verification said them: proves that no end was cut off."
        fault={isForeign ? 'Expected <position>:<hash>.' : undefined}
      >
        {(binding) => (
          <Input
            {...binding}
            value={expect}
            readOnly={verify.isPending}
            onChange={(change) => {
              setExpect(change.target.value);
              // A verdict on another head would be taken for one on this.
              verify.reset();
            }}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      {verify.error && <ErrorBox error={verify.error} />}
      {verify.data && <Verdict verdict={verify.data} />}
    </Dialog>
  );
}

function Verdict({ verdict: { status, position, hash, fault, unsealed } }: { readonly verdict: AuditVerdict }) {
  return (
    <div role="status" className="flex flex-col gap-2 text-sm">
      {status === 'whole' ? (
        <>
          <p>
            <StateBadge state="done" word="Whole" /> {position === 1 ? '1 entry' : `${position} entries`}, each as it
            was sealed.
          </p>
          <p className="text-ink-2">Keep this head elsewhere:</p>
          <CopyText text={`${position}:${hash}`} what="head" whole />
        </>
      ) : (
        <>
          <p>
            <StateBadge state="failed" word="Broken" /> At position {fault?.position}: {fault?.message}
          </p>
          <p className="text-ink-2">
            What: {fault?.what}. Whole up to position {position}.
          </p>
          {fault?.entryId && <CopyText text={fault.entryId} what="entry id" whole />}
        </>
      )}
      <p className="text-ink-2">
        {unsealed.count === 0 || unsealed.oldestAt === null
          ? 'Every entry is sealed.'
          : `${unsealed.count} not sealed yet, the oldest of ${formatExact(unsealed.oldestAt)}.`}
      </p>
    </div>
  );
}
