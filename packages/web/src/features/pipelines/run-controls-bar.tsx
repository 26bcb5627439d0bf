// What holds for this run beyond its state: where it comes from, what came of it, its turn, its time.
import type { Run } from '@gathering/contract/pipelines';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { formatExact, formatRelative, plural, shortId } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';
import { StateIcon } from '../../ui/state-badge.tsx';

function RunLink({ id }: { readonly id: string }) {
  return (
    <Link to={`/runs/${id}`} className="font-mono text-accent-ink underline">
      {shortId(id)}
    </Link>
  );
}

function factsOf(run: Run, now: number): [key: string, fact: ReactNode][] {
  const nameOf = (nodeId: string): string => run.nodes.find((node) => node.id === nodeId)?.name ?? nodeId;
  const facts: [string, ReactNode][] = [];
  if (run.forkedFrom)
    facts.push([
      'fork',
      <>
        Forked from <RunLink id={run.forkedFrom.runId} /> at {nameOf(run.forkedFrom.nodeId)}
      </>,
    ]);
  if (run.onlyNode !== null) facts.push(['trial', 'Trial of one node']);
  if (run.status === 'pending' && run.concurrencyKey !== null)
    facts.push([
      'turn',
      <>
        Waits for its turn: at most {run.concurrencyLimit ?? 1} at once with the key “{run.concurrencyKey}”.{' '}
        {run.pipelineId && (
          <Link to={`/runs?pipeline=${run.pipelineId}`} className="text-accent-ink underline">
            See the runs before it
          </Link>
        )}
      </>,
    ]);
  else if (run.concurrencyKey !== null) facts.push(['key', `Key “${run.concurrencyKey}”`]);
  if (run.priority !== 'normal') facts.push(['priority', run.priority === 'high' ? 'High priority' : 'Low priority']);
  if (run.pausedAt) facts.push(['paused', `Paused ${formatRelative(run.pausedAt, now)}: no further node begins`]);
  if (run.deadlineAt)
    facts.push([
      'deadline',
      <time key="at" dateTime={run.deadlineAt} title={formatExact(run.deadlineAt)}>
        Its time is over {formatRelative(run.deadlineAt, now)}
      </time>,
    ]);
  if (run.retries > 0) facts.push(['retries', `Retried ${plural(run.retries, 'time')}`]);
  return facts;
}

export function RunControlsBar({ run }: { readonly run: Run }) {
  const now = useNow('slow');
  const facts = factsOf(run, now);
  if (facts.length === 0 && run.forks.length === 0) return null;
  return (
    <ul aria-label="About this run" className="flex flex-wrap items-center gap-x-5 gap-y-1 text-ink-2">
      {facts.map(([key, fact]) => (
        <li key={key}>{fact}</li>
      ))}
      {run.forks.map((fork) => (
        <li key={fork.runId} className="flex items-center gap-1">
          <StateIcon state={fork.status} size={12} label />
          Fork <RunLink id={fork.runId} />
        </li>
      ))}
    </ul>
  );
}
