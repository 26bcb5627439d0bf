// Commits new runs, many in one transaction when many are started at the same time: their rows, events, audit
// and the jobs of their first nodes.
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { makeRanker } from '../../jobs/priorities.ts';
import type { NewJob, SettlementGroup } from '../../jobs/settlement.ts';
import { recordAudits } from '../audit/index.ts';
import { emitEvents, type NewEvent } from '../events/index.ts';
import { claimStarts, hasClaims, type StartClaims } from './claim-starts.ts';
import { guardOfRun } from './guard.ts';
import { type Layout, layoutOf } from './layouts.ts';
import { rememberNode, untouched, workOf } from './load-nodes.ts';
import type { RunControls } from './read-controls.ts';
import type { ParentOf } from './resume-parents.ts';
import { type KeptNode, nodeJob, startAfterOf } from './rules.ts';
import { rememberShape } from './run-shapes.ts';
import { countGroups, lockGroups } from './store/controls.ts';
import { copyNodes, type Deadline, type FirstWork, insertBodies, insertRuns } from './store/insert-runs.ts';
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
  readonly layout: Layout;
  readonly projectId: string | null;
  readonly input: Json;
  readonly fingerprint: string | null;
  readonly controls: RunControls;
  readonly origin: RunOrigin | null;
  readonly pipelineVersion: number | null;
  readonly trigger: { readonly id: string; readonly depth: number } | null;
  readonly claims: StartClaims;
  readonly at: Date;
  /** What begins with it, in the order of `layout.ready`. */
  readonly begins: readonly FirstWork[];
  /** When its time is over, and the job that ends it then; null: it has no limit, or nothing to do. */
  readonly deadline: Deadline | null;
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
  const layout = layoutOf(request.definition, origin?.kind === 'fork' ? origin.kept : undefined);
  const isTimeless = timeoutSeconds === null || layout.openNodes === 0;
  const deadline = isTimeless ? null : { at: new Date(at.getTime() + timeoutSeconds * 1000), jobId: ctx.ids.next() };
  const begins = layout.ready.map(({ node }) => ({
    node,
    jobId: ctx.ids.next(),
    turnId: node.type === 'agent' ? ctx.ids.next() : null,
    waitingUntil: startAfterOf(node.type, node.config, at),
  }));
  const { definition: _, ...given } = request;
  return { ...given, layout, origin, pipelineVersion, trigger, claims, fingerprint, ctx, id, at, begins, deadline };
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
    // Nothing here waits for an answer, so that the commit can follow at once: a statement that fails makes it fail.
    const rows = plans.map((plan) => toRow(plan, held.has(plan)));
    sendOnly(insertRuns(tx, rows));
    for (const [layout, runs] of Map.groupBy(rows, (row) => row.layout)) sendOnly(insertBodies(tx, layout, runs));
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
  const turning = plans.filter((plan) => plan.controls.group !== null && plan.layout.openNodes > 0);
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

function toRow(plan: RunPlan, isHeld: boolean) {
  const { controls, origin, layout, input } = plan;
  const isOver = layout.openNodes === 0;
  const begun = isHeld ? ('pending' as const) : ('running' as const);
  const outputs = layout.last.map(({ node, givesInput, output }) => [node.id, givesInput ? input : output]);
  return {
    id: plan.id,
    pipelineId: plan.pipelineId,
    pipelineVersion: plan.pipelineVersion,
    triggerId: plan.trigger?.id ?? null,
    causeDepth: plan.trigger?.depth ?? plan.parent?.causeDepth ?? 0,
    layout,
    projectId: plan.projectId,
    actorId: actorName(plan.ctx.actor),
    scopes: plan.ctx.actor.scopes,
    input,
    output: isOver ? Object.fromEntries(outputs) : null,
    fingerprint: plan.fingerprint,
    status: isOver ? ('completed' as const) : begun,
    controls,
    deadline: isHeld ? null : plan.deadline,
    forkedFrom: origin?.kind === 'fork' ? origin : null,
    onlyNode: origin?.kind === 'trial' ? origin.nodeId : null,
    scope: origin?.kind === 'trial' ? { ...origin.scope } : null,
    isHeld,
    begins: plan.begins,
    parent: plan.parent ?? null,
    at: plan.at,
  };
}

const actionOf = { fork: 'pipelines.fork-run', trial: 'pipelines.run-single-node' } as const;

function auditOf({ ctx, id, layout, trigger, origin }: RunPlan): Parameters<typeof recordAudits>[1][number] {
  const details = {
    pipeline: layout.definition.name,
    by: actorName(ctx.actor),
    ...(trigger !== null && { trigger: `triggers/${trigger.id}` }),
    ...(origin?.kind === 'fork' && { from: `runs/${origin.runId}`, nodeId: origin.nodeId }),
  };
  const action = origin === null ? 'pipelines.start-run' : actionOf[origin.kind];
  return { ctx, action, object: `runs/${id}`, details };
}

function firstJobs(plan: RunPlan): NewJob[] {
  const { ctx, id, begins, controls, deadline } = plan;
  const rank = makeRanker();
  const first = begins.map(({ node, jobId, waitingUntil }) => ({
    ...nodeJob(node.type, { runId: id, nodeId: node.id, jobId }, rank(id, controls.priority)),
    startAfter: waitingUntil ?? undefined,
    requestId: ctx.requestId,
  }));
  return deadline === null
    ? first
    : [...first, ...deadlineJobs([{ id, deadline_at: deadline.at, deadline_job_id: deadline.jobId }])];
}

function remember(plan: RunPlan): void {
  const { ctx, id, layout, pipelineId, projectId, at, begins, controls } = plan;
  rememberShape(ctx.database, id, {
    shape: layout.shape,
    size: layout.definitionText.length,
    endsForOthers: plan.parent !== undefined || plan.deadline !== null || controls.group !== null,
  });
  for (const { node, jobId, turnId, waitingUntil } of begins) {
    if (waitingUntil !== null) continue;
    rememberNode(ctx.database, {
      ...untouched,
      ...workOf(node),
      run_id: id,
      uncounted: 0,
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
  const { ctx, id, layout, pipelineId, projectId, trigger, begins } = plan;
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
  for (const { node, status } of layout.passed)
    events.push({ type: 'pipelines.node-ended', ...about, payload: { nodeId: node.id, status } });
  for (const { node, waitingUntil } of isHeld ? [] : begins) {
    if (waitingUntil === null) continue;
    const payload = { nodeId: node.id, status: 'waiting', waitingKind: 'time' };
    events.push({ type: 'pipelines.node-waiting', ...about, payload });
  }
  if (layout.openNodes === 0) events.push({ type: 'pipelines.run-ended', ...about, payload: { status: 'completed' } });
  return events;
}
