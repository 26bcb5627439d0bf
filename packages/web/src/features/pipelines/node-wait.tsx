// What a node of a run waits for, and how the reader can help it on: an approval, a call, sub-runs, an event, a time.
import { listApprovalsRoute } from '@gathering/contract/approvals';
import type { Json } from '@gathering/contract/json';
import { listRunsRoute, type NodeRun, type Run, signalNodeRoute } from '@gathering/contract/pipelines';
import { Send } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { formatExact } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, usePages, useRead } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { JsonField } from '../../ui/json-field.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Elapsed } from '../../ui/time.tsx';
import { ApprovalCard } from '../approvals/approval-card.tsx';

interface NodeOfRun {
  readonly run: Run;
  readonly node: NodeRun;
}

/** Of the node as it was asked last. */
export function NodeApproval({ run, node }: NodeOfRun) {
  const list = useRead(listApprovalsRoute, { query: { subject: `runs/${run.id}`, limit: 200 } });
  const approval = list.data?.items.find(({ place }) => place === node.id);
  if (list.isPending) return <SkeletonRows rows={3} />;
  return (
    <div className="p-3">
      {!list.data && <ErrorBox error={list.error} onRetry={() => void list.refetch()} />}
      {approval && <ApprovalCard approval={approval} isInRun />}
      {list.data && !approval && <p className="text-sm text-ink-3">Nothing is asked of you here.</p>}
    </div>
  );
}

function SignalForm({ run, node }: NodeOfRun) {
  const [key, setKey] = useState('');
  const [body, setBody] = useState<unknown>(undefined);
  const send = useAct(signalNodeRoute, { refreshes: ['pipelines.read-run'] });
  return (
    <div className="flex flex-col gap-2 rounded-md border border-line p-3">
      <Field label="Key" optional hint="Needed where the node was given one.">
        {(binding) => <Input {...binding} value={key} onChange={(change) => setKey(change.target.value)} />}
      </Field>
      <Field label="Body" optional hint="JSON; it becomes the output.">
        {(binding) => <JsonField binding={binding} value={body} onChange={setBody} rows={3} />}
      </Field>
      <Button
        icon={Send}
        className="self-start"
        busy={send.isPending}
        onClick={() =>
          send.mutate({
            params: { id: run.id, nodeId: node.id },
            body: { ...(key !== '' && { key }), ...(body !== undefined && { body: body as Json }) },
          })
        }
      >
        Send what it waits for
      </Button>
      {send.error && <ErrorBox error={send.error} />}
    </div>
  );
}

const words: Partial<Record<NonNullable<NodeRun['waitingFor']>['kind'], string>> = {
  runs: 'Waits for its sub-runs.',
  event: 'Waits for an event.',
  signal: 'Waits for a call of the API.',
};

export function NodeWait({ run, node }: NodeOfRun) {
  const mayRun = useMay()('pipelines.run');
  const { waitingFor } = node;
  if (waitingFor === null || node.type === 'approval') return null;
  const said = words[waitingFor.kind];
  const until =
    waitingFor.until && ` ${waitingFor.kind === 'time' ? 'Waits until' : 'Until'} ${formatExact(waitingFor.until)}.`;
  return (
    <>
      {(said || until) && (
        <p className="text-sm text-ink-2">
          {said}
          {until}
        </p>
      )}
      {waitingFor.kind === 'signal' && mayRun && <SignalForm run={run} node={node} />}
    </>
  );
}

export function NodeSubRuns({ run, node }: NodeOfRun) {
  const list = usePages(listRunsRoute, { query: { parentRunId: run.id, parentNodeId: node.id } });
  if (list.isPending) return <SkeletonRows rows={4} />;
  if (!list.data)
    return (
      <div className="p-3">
        <ErrorBox error={list.error} onRetry={() => void list.refetch()} />
      </div>
    );
  if (list.items.length === 0) return <p className="p-3 text-sm text-ink-3">No sub-run has begun yet.</p>;
  return (
    <div className="flex flex-col items-start gap-2 pb-3">
      <ul className="w-full divide-y divide-line">
        {list.items.map((one) => (
          <li key={one.id} className="flex items-center gap-2 px-3 py-2 text-sm">
            <StateBadge state={one.status} />
            <Link to={`/runs/${one.id}`} className="min-w-0 flex-1 truncate text-accent-ink hover:underline">
              {one.parent?.item == null ? one.pipelineName : `Item ${one.parent.item}`}
            </Link>
            <span className="text-xs text-ink-3 tabular-nums">
              <Elapsed from={one.startedAt} to={one.endedAt} />
            </span>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <div className="px-3">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Earlier ones
          </Button>
        </div>
      )}
    </div>
  );
}
