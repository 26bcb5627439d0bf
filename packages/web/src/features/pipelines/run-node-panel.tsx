// The chosen node of a run: what it was given, what it made, what it did step by step, and what to do when it failed.
import {
  decideNodeRoute,
  endedStatuses,
  type NodeRun,
  type Run,
  readNodeTurnRoute,
} from '@gathering/contract/pipelines';
import { GitFork, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { formatCount, formatExact, formatMoney } from '../../lib/format.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, useRead } from '../../lib/query.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { Decision } from '../../ui/decision.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { JsonTree } from '../../ui/json-tree.tsx';
import { MarkdownView } from '../../ui/markdown-view.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { StepList } from '../../ui/step-list.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Elapsed } from '../../ui/time.tsx';
import { ForkDialog } from './fork-dialog.tsx';
import { lookOfType } from './node-types.ts';
import { NodeApproval, NodeSubRuns, NodeWait } from './node-wait.tsx';
import { readFork } from './read-fork.ts';
import { reportOf } from './read-step.ts';
import { RunErrorNote } from './run-error-note.tsx';
import { StepDecision } from './step-decision.tsx';

function Value({
  value,
  root,
  empty,
}: {
  readonly value: NodeRun['output'];
  readonly root: string;
  readonly empty: string;
}) {
  if (value === null) return <p className="p-3 text-sm text-ink-3">{empty}</p>;
  const text = root === 'output' ? reportOf(value) : null;
  return (
    <div className="flex flex-col gap-3 p-3">
      <div className="flex items-center justify-between text-xs text-ink-3">
        <span className="font-mono">{root}</span>
        <CopyButton
          text={typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
          name={`Copy the ${root}`}
        />
      </div>
      {text !== null && (
        <div className="rounded-md border border-line bg-surface p-3">
          <MarkdownView text={text} />
        </div>
      )}
      {(text === null || typeof value !== 'string') && <JsonTree value={value} root={root} />}
    </div>
  );
}

function Steps({ run, node }: { readonly run: Run; readonly node: NodeRun }) {
  const turn = useRead(
    readNodeTurnRoute,
    { params: { id: run.id, nodeId: node.id } },
    { enabled: node.turnId !== null },
  );
  if (node.turnId === null) return <p className="p-3 text-sm text-ink-3">The agent has not begun yet.</p>;
  if (turn.isPending) return <SkeletonRows rows={4} />;
  if (!turn.data)
    return (
      <div className="p-3">
        <ErrorBox error={turn.error} onRetry={() => void turn.refetch()} />
      </div>
    );
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-2 text-xs text-ink-2 tabular-nums">
        <Link to={`/agents/${turn.data.agentId}`} className="font-medium text-accent-ink hover:underline">
          {turn.data.agentName}
        </Link>
        <span>{turn.data.steps.length} steps</span>
        {turn.data.stopReason && turn.data.stopReason !== 'completed' && (
          <StateBadge state="failed" word={`stopped: ${turn.data.stopReason}`} />
        )}
      </div>
      {turn.data.detail && <p className="border-b border-line px-3 py-2 text-sm text-ink-2">{turn.data.detail}</p>}
      <StepList turn={turn.data} decisionOf={(step) => <StepDecision step={step} turnId={turn.data.id} />} />
    </>
  );
}

function Facts({ node }: { readonly node: NodeRun }) {
  const facts: [string, string][] = [];
  if (node.startedAt) facts.push(['Began', formatExact(node.startedAt)]);
  if (node.endedAt) facts.push(['Ended', formatExact(node.endedAt)]);
  if (node.inputTokens + node.outputTokens > 0)
    facts.push(['Tokens', `${formatCount(node.inputTokens)} in, ${formatCount(node.outputTokens)} out`]);
  if (node.type === 'agent' && node.endedAt) facts.push(['Cost', formatMoney(node.costUsd)]);
  if (node.attempt > 1) facts.push(['Attempt', String(node.attempt)]);
  if (facts.length === 0) return null;
  return (
    <dl className="grid grid-cols-[5rem_1fr] gap-x-3 gap-y-0.5 text-xs tabular-nums">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-3">{name}</dt>
          <dd className="text-ink-2">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function attemptsOf(run: Run, nodeId: string): string {
  const attempts = run.definition.nodes.find(({ id }) => id === nodeId)?.retry?.attempts;
  return attempts === undefined ? '' : ` of ${attempts}`;
}

/** Of a node that is tried again: which try comes when, or which one this is. */
function NodeTries({ run, node }: { readonly run: Run; readonly node: NodeRun }) {
  const next = node.waitingFor?.kind === 'retry' ? node.waitingFor.until : null;
  if (node.tries === 0) return null;
  return (
    <p className={next === null ? 'text-sm text-ink-2' : 'text-sm text-warn'}>
      Try {node.tries + 1}
      {attemptsOf(run, node.id)}
      {next === null
        ? '; the ones before failed.'
        : ` at ${formatExact(next)}${run.status === 'paused' ? ', or when the run goes on' : ''}.`}
    </p>
  );
}

function TakenOver({ run, node }: { readonly run: Run; readonly node: NodeRun }) {
  if (!node.copied || run.forkedFrom === null) return null;
  return (
    <p className="text-sm text-ink-2">
      Taken over from{' '}
      <Link
        to={`/runs/${run.forkedFrom.runId}?node=${encodeURIComponent(node.id)}`}
        className="text-accent-ink underline"
      >
        the run that this one was forked from
      </Link>
      .
    </p>
  );
}

function ForkButton({ run, node }: { readonly run: Run; readonly node: NodeRun }) {
  const may = useMay();
  const [isAsked, setAsked] = useState(false);
  const place = useMemo(() => readFork(run, node.id), [run, node.id]);
  if (!may('pipelines.run') || run.onlyNode !== null || node.type === 'trigger') return null;
  // An open dialog keeps what was typed, whatever becomes of the run meanwhile.
  if (place.refusal !== null && !isAsked) return <p className="text-xs text-ink-3">{place.refusal}</p>;
  return (
    <>
      <Button icon={GitFork} className="self-start" onClick={() => setAsked(true)}>
        Fork from here
      </Button>
      {isAsked && <ForkDialog run={run} node={node} missing={place.missing} onClose={() => setAsked(false)} />}
    </>
  );
}

interface RunNodePanelProps {
  readonly run: Run;
  readonly node: NodeRun;
  readonly onClose: () => void;
}

export function RunNodePanel({ run, node, onClose }: RunNodePanelProps) {
  const [tab, setTab] = useAddress('tab');
  const may = useMay();
  const decide = useAct(decideNodeRoute, { refreshes: ['pipelines.read-run'] });
  const look = lookOfType(node.type);
  const isAgent = node.type === 'agent';
  const beginsRuns = node.type === 'pipeline' || node.type === 'map';
  const tabs = [
    ...(isAgent ? [{ value: 'steps', label: 'Steps', content: <Steps run={run} node={node} /> }] : []),
    ...(node.type === 'approval'
      ? [{ value: 'decision', label: 'Decision', content: <NodeApproval run={run} node={node} /> }]
      : []),
    ...(beginsRuns ? [{ value: 'runs', label: 'Sub-runs', content: <NodeSubRuns run={run} node={node} /> }] : []),
    {
      value: 'output',
      label: 'Output',
      content: (
        <Value
          value={node.output}
          root="output"
          empty={
            endedStatuses.includes(node.status) ? 'It made no output.' : 'Nothing yet: it appears when the node ends.'
          }
        />
      ),
    },
    {
      value: 'input',
      label: 'Input',
      content: <Value value={node.input} root="input" empty="Nothing yet: it is filled when the node begins." />,
    },
  ];
  const shown = tabs.some((one) => one.value === tab) ? (tab as string) : (tabs[0]?.value ?? 'output');
  return (
    <section aria-label={`Node ${node.name}`} className="flex min-h-0 flex-1 flex-col">
      <header className="flex flex-col gap-2 border-b border-line p-3">
        <div className="flex items-start gap-2">
          <look.icon size={15} aria-hidden className="mt-0.5 shrink-0 text-ink-3" />
          <h2 className="min-w-0 flex-1 text-sm font-semibold break-words">{node.name}</h2>
          <IconButton icon={X} name="Close the node" size="small" onClick={onClose} />
        </div>
        <div className="flex items-center gap-2 text-xs text-ink-3">
          <StateBadge state={node.status} />
          <span>{look.name}</span>
          <Elapsed from={node.startedAt} to={node.endedAt} isRunning={!endedStatuses.includes(node.status)} />
        </div>
        <Facts node={node} />
        {node.error && <RunErrorNote error={node.error} />}
        <NodeTries run={run} node={node} />
        <NodeWait run={run} node={node} />
        <TakenOver run={run} node={node} />
        <ForkButton run={run} node={node} />
        {node.waitingFor?.kind === 'decision' && !isAgent && (
          <Decision
            question={node.waitingFor.question ?? 'This action was cut off and may have had its effect already.'}
            isBusy={decide.isPending}
            onDecide={
              may('pipelines.run')
                ? (decision) => decide.mutate({ params: { id: run.id, nodeId: node.id }, body: { decision } })
                : null
            }
          />
        )}
        {node.waitingFor?.kind === 'decision' && isAgent && (
          <p className="text-sm text-warn">
            {node.waitingFor.question ?? 'A step of this agent waits for your choice, below.'}
          </p>
        )}
        {decide.error && <ErrorBox error={decide.error} />}
      </header>
      <Tabs value={shown} onChange={setTab} label="Of this node" items={tabs} />
    </section>
  );
}
