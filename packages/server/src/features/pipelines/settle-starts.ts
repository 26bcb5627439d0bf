// Commits new runs, many in one transaction when many are started at the same time: their rows, events, audit
// and the jobs of their first nodes.
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { actorName, type Ctx } from '../../ctx.ts';
import type { NewJob, SettlementGroup } from '../../jobs/settlement.ts';
import { recordAudits } from '../audit/index.ts';
import { emitEvents, type NewEvent } from '../events/index.ts';
import { claimStarts, hasClaims, type StartClaims } from './claim-starts.ts';
import { guardOfRun } from './guard.ts';
import { rememberNode } from './load-nodes.ts';
import { policyOf } from './node-policy.ts';
import type { ParentOf } from './resume-parents.ts';
import { isControl, type LaidOutNode, layOutRun, nodeJob, startAfterOf } from './rules.ts';
import { insertNodeRuns, insertRuns, type NewNodeRun } from './store/insert-runs.ts';
import { countFires } from './store/triggers.ts';

export interface RunPlan {
  readonly ctx: Ctx;
  readonly id: string;
  readonly pipelineId: string | null;
  readonly definition: PipelineDefinition;
  readonly projectId: string | null;
  readonly input: Json;
  readonly fingerprint: string | null;
  readonly pipelineVersion: number | null;
  readonly trigger: { readonly id: string; readonly depth: number } | null;
  readonly claims: StartClaims;
  readonly at: Date;
  readonly nodes: readonly NewNodeRun[];
  /** Nodes that have not ended with the start itself. */
  readonly openNodes: number;
  /** Of a sub-run: what began it, and where it stands. */
  readonly parent?: ParentOf & { readonly rootRunId: string; readonly depth: number; readonly causeDepth: number };
}

/** Everything that the start of a run writes. The request was checked before. */
export function planRun(
  ctx: Ctx,
  request: {
    pipelineId: string | null;
    definition: PipelineDefinition;
    projectId: string | null;
    input: Json;
    fingerprint?: string | null;
    pipelineVersion?: number | null;
    trigger?: RunPlan['trigger'];
    claims?: StartClaims;
  },
): RunPlan {
  const { pipelineVersion = null, trigger = null, claims = {}, fingerprint = null } = request;
  const id = ctx.ids.next();
  const at = ctx.clock.now();
  const { nodes, ready } = layOutRun(request.definition, request.input);
  const isReady = new Set(ready);
  const rows = nodes.map((laidOut) => planNode(ctx, id, laidOut, isReady.has(laidOut), at));
  const openNodes = rows.filter((row) => row.status !== 'completed').length;
  return { ...request, pipelineVersion, trigger, claims, fingerprint, ctx, id, at, nodes: rows, openNodes };
}

function planNode(ctx: Ctx, runId: string, laidOut: LaidOutNode, isReady: boolean, at: Date): NewNodeRun {
  const { type, config } = laidOut.node;
  const waitingUntil = isReady ? startAfterOf(type, config, at) : null;
  const turnId = type === 'agent' ? ctx.ids.next() : null;
  return {
    runId,
    laidOut,
    isReady,
    jobId: ctx.ids.next(),
    turnId,
    status: waitingUntil === null ? laidOut.status : 'waiting',
    waitingUntil,
    at,
  };
}

/** Settles `RunPlan`s. A new run needs no lock: nobody knows it yet. */
export const runStarts: SettlementGroup = {
  name: 'pipelines.starts',
  lock: async () => undefined,
  commit: async (tx, items) => {
    const asked = items as readonly RunPlan[];
    // Those that nobody else may start as well are not held up by this.
    const plans = asked.some(hasClaims) ? await claimStarts(tx, asked) : asked;
    if (plans.length === 0) return [];
    const sent: Promise<unknown>[] = [
      insertRuns(tx, plans.map(toRow)),
      insertNodeRuns(
        tx,
        plans.flatMap((plan) => plan.nodes),
      ),
    ];
    for (const [, some] of Map.groupBy(plans, (plan) => actorName(plan.ctx.actor))) {
      const [first] = some;
      if (first) void emitEvents(first.ctx, tx, some.flatMap(startEvents));
    }
    void recordAudits(tx, plans.map(auditOf));
    const fired = plans.flatMap(({ trigger }) => trigger?.id ?? []);
    if (fired.length > 0) sent.push(countFires(tx, fired, plans[0]?.at ?? new Date(0)));
    tx.afterCommit(() => plans.forEach(remember));
    await Promise.all(sent);
    return plans.flatMap(firstJobs);
  },
};

function toRow(plan: RunPlan) {
  const isOver = plan.openNodes === 0;
  const last = plan.nodes.filter((node) => node.laidOut.children.length === 0);
  return {
    id: plan.id,
    pipelineId: plan.pipelineId,
    pipelineVersion: plan.pipelineVersion,
    triggerId: plan.trigger?.id ?? null,
    causeDepth: plan.trigger?.depth ?? plan.parent?.causeDepth ?? 0,
    definition: plan.definition,
    projectId: plan.projectId,
    actorId: actorName(plan.ctx.actor),
    scopes: plan.ctx.actor.scopes,
    input: plan.input,
    output: isOver ? Object.fromEntries(last.map(({ laidOut }) => [laidOut.node.id, laidOut.output])) : null,
    fingerprint: plan.fingerprint,
    status: isOver ? ('completed' as const) : ('running' as const),
    openNodes: plan.openNodes,
    parent: plan.parent ?? null,
    at: plan.at,
  };
}

function auditOf({ ctx, id, definition, trigger }: RunPlan): Parameters<typeof recordAudits>[1][number] {
  const by = actorName(ctx.actor);
  const details = { pipeline: definition.name, by, ...(trigger !== null && { trigger: `triggers/${trigger.id}` }) };
  return { ctx, action: 'pipelines.start-run', object: `runs/${id}`, details };
}

function firstJobs({ ctx, nodes }: RunPlan): NewJob[] {
  return nodes
    .filter((node) => node.isReady)
    .map((node) => ({
      ...nodeJob(node.laidOut.node.type, { runId: node.runId, nodeId: node.laidOut.node.id, jobId: node.jobId }),
      startAfter: node.waitingUntil ?? undefined,
      requestId: ctx.requestId,
    }));
}

function remember({ ctx, id, projectId, at, nodes }: RunPlan): void {
  for (const { isReady, laidOut, jobId, turnId, status } of nodes) {
    if (!isReady || status !== 'pending') continue;
    const { node } = laidOut;
    rememberNode(ctx.database, {
      run_id: id,
      node_id: node.id,
      type: node.type,
      name: node.name ?? node.id,
      config: node.config,
      job_id: jobId,
      turn_id: turnId,
      project_id: projectId,
      actor_id: actorName(ctx.actor),
      scopes: ctx.actor.scopes,
      run_started_at: at,
      status,
      run_status: 'running',
      attempt: 0,
      policy: policyOf(node),
      tries: 0,
      intended_key: null,
      decision: null,
      waiting_until: null,
      started_at: null,
    });
  }
}

function startEvents({ ctx, id, pipelineId, projectId, trigger, nodes, openNodes }: RunPlan): NewEvent[] {
  const subject = `runs/${id}`;
  const related = [
    ...(pipelineId === null ? [] : [`pipelines/${pipelineId}`]),
    ...(trigger === null ? [] : [`triggers/${trigger.id}`]),
  ];
  const audience = guardOfRun({ project_id: projectId, actor_id: actorName(ctx.actor) });
  const about = { subject, related, audience };
  const events: NewEvent[] = [{ type: 'pipelines.run-started', ...about, payload: { status: 'running' } }];
  for (const { laidOut, status } of nodes) {
    const nodeId = laidOut.node.id;
    if (isControl(laidOut.node.type) && status === 'completed') {
      events.push({ type: 'pipelines.node-ended', ...about, payload: { nodeId, status } });
    }
    if (status === 'waiting') {
      events.push({
        type: 'pipelines.node-waiting',
        ...about,
        payload: { nodeId, status, waitingKind: 'time' },
      });
    }
  }
  if (openNodes === 0) events.push({ type: 'pipelines.run-ended', ...about, payload: { status: 'completed' } });
  return events;
}
