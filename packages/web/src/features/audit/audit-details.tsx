// One entry of the audit with all that it says, and its place in the chain.
import type { AuditEntry } from '@gathering/contract/audit';
import type { ReactNode } from 'react';
import { formatExact } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { CopyText } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { JsonTree } from '../../ui/json-tree.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import type { AuditFilters } from './audit-filters.tsx';
import type { NameOf } from './people.ts';

interface AuditDetailsProps {
  readonly entry: AuditEntry;
  readonly nameOf: NameOf;
  readonly only: AuditFilters['only'];
  readonly onClose: () => void;
}

export function AuditDetails({ entry, nameOf, only, onClose }: AuditDetailsProps) {
  const show = (name: 'actor' | 'object', value: string) => () => {
    only(name, value);
    onClose();
  };
  const { actor, object } = entry;
  return (
    <Dialog
      open
      onClose={onClose}
      title={entry.action}
      wide
      footer={
        <>
          {object !== null && <Button onClick={show('object', object)}>All that was done to this</Button>}
          <Button onClick={show('actor', actor)}>All that this one did</Button>
        </>
      }
    >
      <dl className="grid grid-cols-[6rem_1fr] gap-y-1 text-sm">
        <Fact name="When">{formatExact(entry.at)}</Fact>
        <Fact name="Result">
          <StateBadge state={entry.result} />
        </Fact>
        <Fact name="Who">
          {actor.startsWith('users/') && <span className="mr-2">{nameOf(actor)}</span>}
          <CopyText text={actor} what="who did it" whole />
        </Fact>
        <Fact name="Address">{entry.address ?? 'inside of the server'}</Fact>
        <Fact name="To what">
          {object?.startsWith('users/') && <span className="mr-2">{nameOf(object)}</span>}
          {object === null ? 'nothing' : <CopyText text={object} what="to what" whole />}
        </Fact>
        <Fact name="Request">
          {entry.requestId ? <CopyText text={entry.requestId} what="request id" whole /> : 'none'}
        </Fact>
        <Fact name="Sealed">{entry.position === null ? 'not yet' : `at position ${entry.position}`}</Fact>
        {entry.hash !== null && (
          <Fact name="Hash">
            <CopyText text={entry.hash} what="hash" whole />
          </Fact>
        )}
      </dl>
      <JsonTree value={entry.details} root="details" />
    </Dialog>
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
