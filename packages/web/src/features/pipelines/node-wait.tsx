// What a node of a run waits for, and how the reader can help it on: an approval, a call, sub-runs, an event, a time.
import { listApprovalsRoute } from '@gathering/contract/approvals';
import type { Json } from '@gathering/contract/json';
import { listRunsRoute, type NodeRun, type Run, signalNodeRoute } from '@gathering/contract/pipelines';
import { Send } from 'lucide-react';
import { useRef, useState } from 'react';
import { Link } from 'react-router';
import { formatExact } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, usePages, useRead } from '../../lib/query.ts';
import { fieldOf } from '../../lib/read-step.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { focusUnread, JsonField } from '../../ui/json-field.tsx';
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

/** Of a wait that was given one: what the call must name. */
function keyOf({ input }: NodeRun): string {
  const key = fieldOf(input, 'key');
  return typeof key === 'string' ? key : '';
}

function SignalForm({ run, node }: NodeOfRun) {
  const [key, setKey] = useState(keyOf(node));
  const [body, setBody] = useState<unknown>(undefined);
  const send = useAct(signalNodeRoute, { refreshes: ['pipelines.read-run'] });
  const form = useRef<HTMLDivElement>(null);
  return (
    <div ref={form} className="flex flex-col gap-2 rounded-md border border-line p-3">
      {keyOf(node) !== '' && (
        <Field label="Key" hint="It waits for this one.">
          {(binding) => <Input {...binding} value={key} onChange={(change) => setKey(change.target.value)} />}
        </Field>
      )}
      <Field label="Body" optional hint="JSON; it becomes the output.">
        {(binding) => <JsonField binding={binding} value={body} onChange={setBody} rows={3} />}
      </Field>
      <Button
        icon={Send}
        className="self-start"
        busy={send.isPending}
        onClick={() => {
          if (focusUnread(form.current)) return;
          send.mutate({
            params: { id: run.id, nodeId: node.id },
            body: { ...(key !== '' && { key }), ...(body !== undefined && { body: body as Json }) },
          });
        }}
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
  // Of a try that is to come it is told which one it is.
  if (waitingFor === null || waitingFor.kind === 'retry' || node.type === 'approval') return null;
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
              {one.parent?.item == null ? one.pipelineName : `Item ${one.parent.item + 1}`}
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
