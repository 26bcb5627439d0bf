// Commits new runs, many in one transaction when many are started at the same time: their rows, events, audit
// and the jobs of their first nodes.
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { endedStatuses } from '@gathering/contract/pipelines';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { makeRanker } from '../../jobs/priorities.ts';
import type { NewJob, SettlementGroup } from '../../jobs/settlement.ts';
import { recordAudits } from '../audit/index.ts';
import { emitEvents, type NewEvent } from '../events/index.ts';
import { claimStarts, hasClaims, type StartClaims } from './claim-starts.ts';
import { guardOfRun } from './guard.ts';
import { rememberNode, workOf } from './load-nodes.ts';
import type { RunControls } from './read-controls.ts';
import type { ParentOf } from './resume-parents.ts';
import { isControl, type KeptNode, type LaidOutNode, layOutRun, nodeJob, startAfterOf } from './rules.ts';
import { rememberShape } from './run-shapes.ts';
import { countGroups, lockGroups } from './store/controls.ts';
import { copyNodes, type Deadline, insertNodeRuns, insertRuns, type NewNodeRun } from './store/insert-runs.ts';
import { countFires } from './store/triggers.ts';
import { deadlineJobs } from './take-turns.ts';

/** A run that does not simply begin at its trigger. */
export type RunOrigin =
  /** It takes over what these nodes gave in another run. */
  | {
      readonly kind: 'fork';
      readonly runId: string;
      readonly nodeId: string;
      readonly kept: ReadonlyMap<string, KeptNode>;
    }
  /** A trial of one node, which finds `scope` as `nodes`. */
  | { readonly kind: 'trial'; readonly nodeId: string; readonly scope: Readonly<Record<string, Json>> };

export interface RunPlan {
  readonly ctx: Ctx;
  readonly id: string;
  readonly pipelineId: string | null;
  readonly definition: PipelineDefinition;
  readonly definitionText: string;
  readonly projectId: string | null;
  readonly input: Json;
  readonly fingerprint: string | null;
  readonly controls: RunControls;
  readonly origin: RunOrigin | null;
  readonly pipelineVersion: number | null;
  readonly trigger: { readonly id: string; readonly depth: number } | null;
  readonly claims: StartClaims;
  readonly at: Date;
  readonly nodes: readonly NewNodeRun[];
  /** When its time is over, and the job that ends it then; null: it has no limit, or nothing to do. */
  readonly deadline: Deadline | null;
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
    controls: RunControls;
    origin?: RunOrigin;
    pipelineVersion?: number | null;
    trigger?: RunPlan['trigger'];
    claims?: StartClaims;
  },
): RunPlan {
  const { pipelineVersion = null, trigger = null, claims = {}, fingerprint = null, origin = null } = request;
  const { timeoutSeconds } = request.controls;
  const id = ctx.ids.next();
  const at = ctx.clock.now();
  const kept = origin?.kind === 'fork' ? origin.kept : undefined;
  const { nodes, ready } = layOutRun(request.definition, request.input, kept);
  const isReady = new Set(ready);
  const rows = nodes.map((laidOut) => planNode(ctx, id, laidOut, isReady.has(laidOut), at));
  const openNodes = rows.filter((row) => !endedStatuses.includes(row.status)).length;
  const isTimeless = timeoutSeconds === null || openNodes === 0;
  const deadline = isTimeless ? null : { at: new Date(at.getTime() + timeoutSeconds * 1000), jobId: ctx.ids.next() };
  const given = { ...request, origin, pipelineVersion, trigger, claims, fingerprint };
  const definitionText = JSON.stringify(request.definition);
  return { ...given, definitionText, ctx, id, at, nodes: rows, openNodes, deadline };
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
    parked: false,
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
    const held = await findHeld(tx, plans);
    const nodes = plans.flatMap((plan) => (held.has(plan) ? plan.nodes.map(holdBack) : plan.nodes));
    // Nothing here waits for an answer, so that the commit can follow at once: a statement that fails makes it fail.
    sendOnly(
      insertRuns(
        tx,
        plans.map((plan) => toRow(plan, held.has(plan))),
      ),
    );
    sendOnly(insertNodeRuns(tx, nodes));
    for (const plan of plans) if (plan.origin?.kind === 'fork') sendOnly(copyNodes(tx, plan.id, plan.origin.runId));
    for (const [, some] of Map.groupBy(plans, (plan) => actorName(plan.ctx.actor))) {
      const [first] = some;
      if (first)
        void emitEvents(
          first.ctx,
          tx,
          some.flatMap((plan) => startEvents(plan, held.has(plan))),
        );
    }
    void recordAudits(tx, plans.map(auditOf));
    const fired = plans.flatMap(({ trigger }) => trigger?.id ?? []);
    if (fired.length > 0) sendOnly(countFires(tx, fired, plans[0]?.at ?? new Date(0)));
    const begun = plans.filter((plan) => !held.has(plan));
    tx.afterCommit(() => begun.forEach(remember));
    return begun.flatMap(firstJobs);
  },
};

/** Whoever would hear of its failure hears of that of the transaction. */
const sendOnly = (sent: Promise<unknown>): void => void sent.catch(() => undefined);

/** Those that wait for their turn: others of their group have it, or stand before them. */
async function findHeld(tx: Tx, plans: readonly RunPlan[]): Promise<ReadonlySet<RunPlan>> {
  const turning = plans.filter((plan) => plan.controls.group !== null && plan.openNodes > 0);
  if (turning.length === 0) return new Set();
  const groups = turning.flatMap((plan) => plan.controls.group ?? []);
  await lockGroups(tx, groups);
  const counts = await countGroups(tx, groups);
  return new Set(
    turning.filter(({ controls: { group, concurrencyLimit } }) => {
      const { holding, hasLine } = counts.get(group ?? '') ?? { holding: 0, hasLine: false };
      const isHeld = hasLine || holding >= (concurrencyLimit ?? 1);
      counts.set(group ?? '', { holding: isHeld ? holding : holding + 1, hasLine: isHeld });
      return isHeld;
    }),
  );
}

function holdBack(node: NewNodeRun): NewNodeRun {
  return node.isReady ? { ...node, status: 'pending', waitingUntil: null, parked: true } : node;
}

function toRow(plan: RunPlan, isHeld: boolean) {
  const { controls, origin } = plan;
  const isOver = plan.openNodes === 0;
  const begun = isHeld ? ('pending' as const) : ('running' as const);
  const last = plan.nodes.filter((node) => node.laidOut.children.length === 0);
  return {
    id: plan.id,
    pipelineId: plan.pipelineId,
    pipelineVersion: plan.pipelineVersion,
    triggerId: plan.trigger?.id ?? null,
    causeDepth: plan.trigger?.depth ?? plan.parent?.causeDepth ?? 0,
    definition: plan.definition,
    definitionText: plan.definitionText,
    projectId: plan.projectId,
    actorId: actorName(plan.ctx.actor),
    scopes: plan.ctx.actor.scopes,
    input: plan.input,
    output: isOver ? Object.fromEntries(last.map(({ laidOut }) => [laidOut.node.id, laidOut.output])) : null,
    fingerprint: plan.fingerprint,
    status: isOver ? ('completed' as const) : begun,
    controls,
    deadline: isHeld ? null : plan.deadline,
    forkedFrom: origin?.kind === 'fork' ? origin : null,
    onlyNode: origin?.kind === 'trial' ? origin.nodeId : null,
    scope: origin?.kind === 'trial' ? { ...origin.scope } : null,
    openNodes: plan.openNodes,
    parent: plan.parent ?? null,
    at: plan.at,
  };
}

const actionOf = { fork: 'pipelines.fork-run', trial: 'pipelines.run-single-node' } as const;

function auditOf({ ctx, id, definition, trigger, origin }: RunPlan): Parameters<typeof recordAudits>[1][number] {
  const details = {
    pipeline: definition.name,
    by: actorName(ctx.actor),
    ...(trigger !== null && { trigger: `triggers/${trigger.id}` }),
    ...(origin?.kind === 'fork' && { from: `runs/${origin.runId}`, nodeId: origin.nodeId }),
  };
  const action = origin === null ? 'pipelines.start-run' : actionOf[origin.kind];
  return { ctx, action, object: `runs/${id}`, details };
}

function firstJobs(plan: RunPlan): NewJob[] {
  const { ctx, id, nodes, controls, deadline } = plan;
  const rank = makeRanker();
  const first = nodes
    .filter((node) => node.isReady)
    .map((node) => ({
      ...nodeJob(node.laidOut.node.type, { runId: node.runId, nodeId: node.laidOut.node.id, jobId: node.jobId }),
      startAfter: node.waitingUntil ?? undefined,
      priority: rank(id, controls.priority),
      requestId: ctx.requestId,
    }));
  return deadline === null
    ? first
    : [...first, ...deadlineJobs([{ id, deadline_at: deadline.at, deadline_job_id: deadline.jobId }])];
}

function remember(plan: RunPlan): void {
  const { ctx, id, pipelineId, projectId, at, nodes, controls } = plan;
  rememberShape(ctx.database, {
    id,
    size: plan.definitionText.length,
    nodes: nodes.map(({ laidOut }) => laidOut),
    endsForOthers: plan.parent !== undefined || plan.deadline !== null || controls.group !== null,
  });
  for (const { isReady, laidOut, jobId, turnId, status } of nodes) {
    if (!isReady || status !== 'pending') continue;
    rememberNode(ctx.database, {
      run_id: id,
      ...workOf(laidOut.node),
      job_id: jobId,
      turn_id: turnId,
      pipeline_id: pipelineId,
      project_id: projectId,
      actor_id: actorName(ctx.actor),
      scopes: ctx.actor.scopes,
      run_started_at: at,
      attempt: 0,
      priority: controls.priority,
    });
  }
}

function startEvents(plan: RunPlan, isHeld: boolean): NewEvent[] {
  const { ctx, id, pipelineId, projectId, trigger, nodes, openNodes } = plan;
  const subject = `runs/${id}`;
  const related = [
    ...(pipelineId === null ? [] : [`pipelines/${pipelineId}`]),
    ...(trigger === null ? [] : [`triggers/${trigger.id}`]),
  ];
  const audience = guardOfRun({ project_id: projectId, actor_id: actorName(ctx.actor) });
  const about = { subject, related, audience };
  const events: NewEvent[] = [
    isHeld
      ? { type: 'pipelines.run-held', ...about, payload: { status: 'pending' } }
      : { type: 'pipelines.run-started', ...about, payload: { status: 'running' } },
  ];
  for (const { laidOut, status } of nodes) {
    const nodeId = laidOut.node.id;
    if (isControl(laidOut.node.type) && status === 'completed') {
      events.push({ type: 'pipelines.node-ended', ...about, payload: { nodeId, status } });
    }
    if (status === 'waiting' && !isHeld) {
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
