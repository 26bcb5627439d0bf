// Asks people for a decision. The request is a row that outlives everything; votes, or its time, decide it once, and enqueue the job
// that comes back here.
import type { NodeConfig } from '@gathering/contract/pipeline-definition';
import { userOf } from '../../../ctx.ts';
import { type Deciders, type Decision, findDecision, listDeciders, requestApproval } from '../../approvals/index.ts';
import { nodeJob } from '../rules.ts';
import { leaveUndecided } from '../store/settle-nodes.ts';
import { readBranches, readRunFacts } from '../store/sub-runs.ts';
import { asText } from './as-text.ts';
import { NodeFailure, type NodeKind, type NodeOutcome, type NodeWork } from './node-kind.ts';

export const approvalNode: NodeKind<'approval'> = {
  type: 'approval',
  plainKeys: ['approvers'],
  run: async (work) => {
    const decision = await findDecision(work.ctx, work.node.job_id);
    if (decision === null) return ask(work);
    if (decision.state === 'open' || decision.state === 'withdrawn') return { kind: 'dropped' };
    return goOn(work, decision);
  },
};

async function ask({ ctx, config, node }: NodeWork<'approval'>): Promise<NodeOutcome> {
  const deciders = decidersOf(config, node);
  const quorum = config.quorum ?? 1;
  const people = await listDeciders(ctx, deciders);
  if (people.length < quorum)
    throw new NodeFailure(
      'pipelines.too-few-deciders',
      `${quorum} must approve, and ${people.length === 0 ? 'nobody' : `only ${people.length}`} may decide.`,
      { next: 'Look at approvers and quorum, and at the members of the project.' },
    );
  const { pipelineName } = await readRunFacts(ctx.database, node.run_id);
  const seconds = config.expiresAfterSeconds;
  const expiresAt = seconds === undefined ? null : new Date(ctx.clock.now().getTime() + seconds * 1000);
  return {
    kind: 'wait-for',
    what: 'approval',
    until: expiresAt,
    alongside: (tx, jobId) =>
      requestApproval(
        ctx,
        tx,
        {
          title: asText(config.title),
          body: asText(config.body ?? ''),
          arguments: config.arguments ?? null,
          subject: `runs/${node.run_id}`,
          place: node.node_id,
          source: pipelineName,
          deciders,
          quorum,
          expiresAt,
        },
        nodeJob('approval', { runId: node.run_id, nodeId: node.node_id, jobId }, node.priority),
        people,
      ),
  };
}

function decidersOf(
  { approvers, excludeStarter }: NodeConfig<'approval'>,
  { actor_id, project_id }: NodeWork<'approval'>['node'],
): Deciders {
  const starter = userOf(actor_id);
  return {
    ownerId: project_id === null ? starter : null,
    projectId: project_id,
    role: approvers?.role ?? null,
    userIds: approvers?.userIds ?? null,
    excludedId: excludeStarter === true ? starter : null,
  };
}

async function goOn({ ctx, config, node }: NodeWork<'approval'>, decision: Decision): Promise<NodeOutcome> {
  const branches = await readBranches(ctx.database, node.run_id, node.node_id);
  const branch = branchOf(decision, config, branches);
  const output = {
    decision: branch ?? decision.state,
    approvalId: decision.id,
    votes: decision.votes.map((vote) => ({ ...vote })),
  };
  const alongside = (tx: Parameters<typeof leaveUndecided>[0]) => leaveUndecided(tx, node.run_id);
  if (branch !== null) return { kind: 'completed', output, branch, alongside };
  const failure = describe(decision, output);
  failure.alongside = alongside;
  throw failure;
}

/** Null: no way leads on from here. */
function branchOf(
  { state }: Decision,
  { onExpiry = 'reject' }: NodeConfig<'approval'>,
  branches: readonly string[],
): string | null {
  if (state === 'approved') return 'approved';
  if (state === 'expired') {
    if (branches.includes('expired')) return 'expired';
    if (onExpiry === 'approve') return 'approved';
    if (onExpiry === 'fail') return null;
  }
  return branches.includes('rejected') ? 'rejected' : null;
}

function describe({ state, votes }: Decision, output: NodeFailure['output']): NodeFailure {
  if (state === 'expired')
    return new NodeFailure('pipelines.approval-expired', 'Nobody decided in time.', {
      status: 'timed_out',
      output,
      next: 'Give more time, draw an edge with when "expired", or set onExpiry.',
    });
  const comment = votes.find((vote) => vote.decision === 'reject')?.comment ?? '';
  return new NodeFailure(
    'pipelines.approval-rejected',
    comment === '' ? 'It was rejected.' : `It was rejected: ${comment}`,
    {
      output,
      next: 'Draw an edge with when "rejected" if the run shall go on from here.',
    },
  );
}
