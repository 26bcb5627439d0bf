// One decision: exactly what is decided on, who has voted, and the vote of the reader.
import { type Approval, castVoteRoute } from '@gathering/contract/approvals';
import { Check, X } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { formatExact } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useAct } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { CopyText } from '../../ui/copy.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, TextArea } from '../../ui/input.tsx';
import { JsonTree } from '../../ui/json-tree.tsx';
import { Panel } from '../../ui/page.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';

/** Whom it is asked of, in words. */
function decidersOf({ deciders, quorum }: Approval): string {
  const { role = null, userIds = null } = deciders ?? {};
  const named = [
    ...(role === null ? [] : [`people of the role ${role} or above`]),
    ...(userIds === null ? [] : [userIds.length === 1 ? 'one named person' : `${userIds.length} named people`]),
  ];
  const who = named.length === 0 ? 'those who see the run' : named.join(' and ');
  return quorum === 1 ? `Asked of ${who}.` : `Asked of ${who}; ${quorum} must approve.`;
}

function Votes({ approval }: { readonly approval: Approval }) {
  if (approval.votes.length === 0) return null;
  return (
    <ul aria-label="Votes" className="flex flex-col gap-1.5">
      {approval.votes.map((vote) => (
        <li key={vote.userId} className="flex flex-wrap items-baseline gap-x-2 text-sm">
          <StateBadge state={vote.decision === 'approve' ? 'approved' : 'rejected'} />
          <span className="font-medium">{vote.userName ?? 'Somebody who left'}</span>
          <span className="text-xs text-ink-3">
            <Ago at={vote.at} />
          </span>
          {vote.comment && <span className="w-full break-words whitespace-pre-wrap text-ink-2">{vote.comment}</span>}
        </li>
      ))}
    </ul>
  );
}

function VoteForm({ approval }: { readonly approval: Approval }) {
  const [comment, setComment] = useState('');
  const vote = useAct(castVoteRoute, {
    refreshes: ['approvals.list', 'approvals.read', 'pipelines.read-run', 'notifications.list'],
  });
  const cast = (decision: 'approve' | 'reject'): void =>
    vote.mutate({
      params: { id: approval.id },
      body: { decision, shown: approval.shown, ...(comment.trim() !== '' && { comment }) },
    });
  return (
    <div className="flex flex-col gap-2">
      <Field label="Comment" optional>
        {(binding) => (
          <TextArea
            {...binding}
            rows={2}
            maxLength={2000}
            value={comment}
            onChange={(change) => setComment(change.target.value)}
          />
        )}
      </Field>
      <div className="flex gap-2">
        <Button
          look="primary"
          icon={Check}
          busy={vote.isPending && vote.variables.body.decision === 'approve'}
          disabled={vote.isPending}
          onClick={() => cast('approve')}
        >
          Approve
        </Button>
        <Button
          look="danger"
          icon={X}
          busy={vote.isPending && vote.variables.body.decision === 'reject'}
          disabled={vote.isPending}
          onClick={() => cast('reject')}
        >
          Reject
        </Button>
      </div>
      {vote.error && <ErrorBox error={vote.error} />}
    </div>
  );
}

interface ApprovalCardProps {
  readonly approval: Approval;
  /** Within the view of its run: no way back to it is shown. */
  readonly isInRun?: boolean;
}

export function ApprovalCard({ approval, isInRun = false }: ApprovalCardProps) {
  const mayDecide = useMay()('approvals.decide');
  const run = `/${approval.subject}?node=${encodeURIComponent(approval.place)}`;
  const isOpen = approval.state === 'open';
  return (
    <Panel>
      <article aria-label={approval.title} className="flex flex-col gap-3 p-4">
        <header className="flex flex-col gap-1">
          <div className="flex flex-wrap items-start gap-2">
            <h2 className="min-w-0 flex-1 text-sm font-semibold break-words">{approval.title}</h2>
            <StateBadge state={approval.state} />
          </div>
          <p className="flex flex-wrap gap-x-3 text-xs text-ink-3">
            {!isInRun && (
              <Link to={run} className="text-accent-ink hover:underline">
                {approval.source || 'The run'}
              </Link>
            )}
            <span>
              asked <Ago at={approval.createdAt} />
            </span>
            {isOpen && approval.expiresAt && <span>until {formatExact(approval.expiresAt)}</span>}
            {approval.decidedAt && (
              <span>
                ended <Ago at={approval.decidedAt} />
              </span>
            )}
          </p>
        </header>
        {approval.body && <p className="text-sm break-words whitespace-pre-wrap text-ink">{approval.body}</p>}
        {approval.arguments && (
          <fieldset
            aria-label="Exact values"
            className="flex min-w-0 flex-col gap-1 rounded-md border border-line bg-sunken p-3"
          >
            <h3 className="text-xs text-ink-3">Exact values</h3>
            <JsonTree value={approval.arguments} />
          </fieldset>
        )}
        <p className="flex flex-wrap items-center gap-x-2 text-xs text-ink-3">
          <span>{decidersOf(approval)}</span>
          <span className="flex items-center gap-1">
            Hash of what is shown: <CopyText text={approval.shown} what="hash" />
          </span>
        </p>
        <Votes approval={approval} />
        {approval.mayDecide && <VoteForm approval={approval} />}
        {isOpen && !approval.mayDecide && (
          <p className="text-xs text-ink-2">
            {mayDecide
              ? 'It waits for somebody else.'
              : 'Your role may not decide this; somebody with another one must.'}
          </p>
        )}
      </article>
    </Panel>
  );
}
