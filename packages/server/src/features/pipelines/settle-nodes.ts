// Commits what happened to nodes, in batches: node rows, counters, what became ready, events, jobs and the
// end of runs, in one transaction with the completion of the jobs that did it (`jobs/settler.ts`).
import type { Json } from '@gathering/contract/json';
import { type Ctx, type Tx, userOf } from '../../ctx.ts';
import { makeRanker } from '../../jobs/priorities.ts';
import type { NewJob, SettlementGroup } from '../../jobs/settlement.ts';
import { cancelTurns } from '../agents/index.ts';
import { emitEvents, type NewEvent } from '../events/index.ts';
import { notify } from '../notifications/index.ts';
import { holdDelays } from './hold-delays.ts';
import { rememberNode, untouched } from './load-nodes.ts';
import type { NodeChange, NodeEnd, NodePark, NodeStart, NodeWait } from './node-changes.ts';
import { releaseWaits } from './release-waits.ts';
import { resumeParents } from './resume-parents.ts';
import { controlOutput, decideReady, isTimed, jobNameOf, nodeJob, startAfterOf } from './rules.ts';
import { nodeEvent, runEnded } from './run-events.ts';
import { announceEnds, commitForeseen, isForeseen } from './settle-foreseen.ts';
import { parkBegun } from './store/controls.ts';
import { readRunInputs } from './store/runs.ts';
import {
  type AdvanceRow,
  advance,
  completeRuns,
  type EndRow,
  holdNodes,
  listOpenSubRuns,
  lockRuns,
  type StoppedNode,
  type StoppedRun,
  startNodes,
  stopRuns,
} from './store/settle-nodes.ts';
import { beginNext, beginNextJob, timeOutJob } from './take-turns.ts';

const keyOf = (change: { runId: string; nodeId: string }): string => `${change.runId} ${change.nodeId}`;
const rowKey = (row: { run_id: string; node_id: string | null }): string => `${row.run_id} ${row.node_id}`;

export const nodeSettlement: SettlementGroup = {
  name: 'pipelines.nodes',
  fencesItself: true,
  lock: async (tx, items) => {
    const changes = items as readonly NodeChange[];
    // Where all end alike, their own statement takes the locks.
    const ways = new Set(changes.map((change) => (isForeseen(change) ? 'foreseen' : change.kind)));
    if (ways.size > 1 || !(ways.has('foreseen') || ways.has('end')))
      await lockRuns(
        tx,
        changes.map((change) => change.runId),
      );
  },
  commit: (tx, items) => commitChanges(tx, items as readonly NodeChange[]),
};

async function commitChanges(tx: Tx, changes: readonly NodeChange[]): Promise<readonly NewJob[]> {
  const ctx = changes[0]?.ctx;
  if (!ctx) return [];
  const starts = changes.filter((change): change is NodeStart => change.kind === 'start');
  const waits = changes.filter((change): change is NodeWait => change.kind === 'wait');
  const parks = changes.filter((change): change is NodePark => change.kind === 'park');
  const foreseen = changes.filter(isForeseen);
  const ends = changes.filter((change): change is NodeEnd => change.kind === 'end' && !isForeseen(change));
  // First, since whoever is asked for after it may be the last that a join waits for.
  const fromForeseen = foreseen.length > 0 ? commitForeseen(ctx, tx, foreseen) : { events: [], jobs: [] };
  // Sent together; each answers on its own.
  const [fromStarts, fromWaits, fromParks, fromEnds] = await Promise.all([
    starts.length > 0 ? commitStarts(tx, starts) : [],
    waits.length > 0 ? commitWaits(ctx, tx, waits) : { events: [], jobs: [] },
    parks.length > 0 ? commitParks(tx, parks) : [],
    ends.length > 0 ? commitEnds(ctx, tx, ends) : { events: [], jobs: [] },
  ]);
  const events = [...fromStarts, ...fromWaits.events, ...fromForeseen.events, ...fromEnds.events];
  // Sent with the jobs that follow; if it fails, so does the transaction.
  void emitEvents(ctx, tx, events);
  return [...fromWaits.jobs, ...fromParks, ...fromForeseen.jobs, ...fromEnds.jobs];
}

async function commitStarts(tx: Tx, starts: readonly NodeStart[]): Promise<NewEvent[]> {
  const { rows } = await startNodes(tx, starts);
  const applied = new Set(rows.map(rowKey));
  for (const start of starts) start.applied = applied.has(keyOf(start));
  return rows.map((row) => nodeEvent('pipelines.node-started', row, { status: 'running' }));
}

async function commitWaits(
  ctx: Ctx,
  tx: Tx,
  waits: readonly NodeWait[],
): Promise<{ events: NewEvent[]; jobs: NewJob[] }> {
  const { rows } = await holdNodes(
    tx,
    waits.map((wait) => ({ ...wait, error: wait.error as Json })),
  );
  const held = new Map(rows.map((row) => [rowKey(row), row]));
  const applied = waits.filter((wait) => held.has(keyOf(wait)));
  for (const wait of applied) {
    await wait.alongside?.(tx, wait.nextJobId);
    if (wait.waitingKind !== 'decision') continue;
    await notify(ctx, tx, {
      title: `A run needs your decision: ${wait.nodeId}`,
      body: wait.question ?? '',
      urgency: 'needs-person',
      link: `/runs/${wait.runId}?node=${encodeURIComponent(wait.nodeId)}`,
      userId: userOf(held.get(keyOf(wait))?.actor_id ?? ''),
    });
  }
  return {
    events: applied.flatMap((wait) => {
      const row = held.get(keyOf(wait));
      const payload = {
        status: 'waiting',
        waitingKind: wait.waitingKind,
        ...(wait.error && { code: wait.error.code }),
      };
      return row === undefined ? [] : [nodeEvent('pipelines.node-waiting', row, payload)];
    }),
    jobs: applied.flatMap((wait) =>
      // A node of a paused run has its job when the run goes on.
      wait.until === null || !isTimed(wait.waitingKind) || held.get(keyOf(wait))?.parked !== false
        ? []
        : [
            {
              ...nodeJob(wait.type, { ...wait, jobId: wait.nextJobId }, held.get(keyOf(wait))?.priority),
              startAfter: wait.until,
              requestId: wait.ctx.requestId,
            },
          ],
    ),
  };
}

/** A job that began in a paused run leaves its node to be begun later, or by another job where the run goes on again. */
async function commitParks(tx: Tx, parks: readonly NodePark[]): Promise<NewJob[]> {
  const { rows } = await parkBegun(tx, parks);
  const byKey = new Map(parks.map((park) => [keyOf(park), park]));
  return rows.flatMap((row) => {
    const park = byKey.get(rowKey(row));
    if (park === undefined || row.parked) return [];
    return [nodeJob(row.type, { ...park, jobId: park.nextJobId }, row.priority)];
  });
}

async function commitEnds(ctx: Ctx, tx: Tx, ends: readonly NodeEnd[]): Promise<{ events: NewEvent[]; jobs: NewJob[] }> {
  const now = ctx.clock.now();
  const byKey = new Map(ends.map((end) => [keyOf(end), end]));
  const requestIds = new Map(ends.map((end) => [end.runId, end.ctx.requestId]));
  const events: NewEvent[] = [];
  const jobs: NewJob[] = [];
  const openNodes = new Map<string, AdvanceRow>();
  const failed: NodeEnd[] = [];
  const rank = makeRanker();
  let round: EndRow[] = ends.map((end) => ({ ...end, error: end.error as Json }));
  while (round.length > 0) {
    const { rows } = await advance(tx, round);
    for (const row of rows) {
      if (row.kind === 'run') openNodes.set(row.run_id, row);
      if (row.kind === 'ended') events.push(nodeEvent('pipelines.node-ended', row, { status: row.status }));
    }
    const applied = rows.flatMap((row) => (row.kind === 'ended' ? (byKey.get(rowKey(row)) ?? []) : []));
    for (const end of applied) await end.alongside?.(tx);
    failed.push(...applied.filter((end) => end.status !== 'completed' && !end.isOvercome));
    const ready = rows.filter((row) => row.kind === 'ready');
    remember(ctx, tx, ready);
    const due = ready.filter(
      (row) => !row.parked && decideReady(row.type ?? '', row.live_parents ?? 0, row.needs) === 'run',
    );
    const delays = due.filter((row) => row.type === 'delay');
    jobs.push(...due.flatMap((row) => jobFor(row, now, requestIds.get(row.run_id) ?? null, rank)));
    if (delays.length > 0) events.push(...(await holdDelays(tx, delays, now)));
    round = await nextRound(tx, ready, now);
  }
  events.push(...(await endRuns(ctx, tx, failed, [...openNodes.values()], now)));
  return { events, jobs };
}

function jobFor(row: AdvanceRow, now: Date, requestId: string | null, rank: ReturnType<typeof makeRanker>): NewJob[] {
  const type = row.type ?? '';
  if (row.job_id === null || row.node_id === null) return [];
  const startAfter = startAfterOf(type, row.config ?? {}, now) ?? undefined;
  const place = { runId: row.run_id, nodeId: row.node_id, jobId: row.job_id };
  return [{ ...nodeJob(type, place, rank(row.run_id, row.priority ?? 0)), startAfter, requestId }];
}

/** The work of these nodes most likely begins in this process, in a moment. */
function remember(ctx: Ctx, tx: Tx, ready: readonly AdvanceRow[]): void {
  tx.afterCommit(() => {
    for (const row of ready) {
      const { node_id, type, name, config, job_id, attempt, actor_id } = row;
      if (row.parked) continue;
      if (node_id === null || type === null || name === null || config === null || job_id === null || type === 'delay')
        continue;
      rememberNode(ctx.database, {
        ...untouched,
        uncounted: 0,
        run_id: row.run_id,
        node_id,
        type,
        name,
        config,
        job_id,
        actor_id,
        scopes: row.scopes,
        turn_id: row.turn_id,
        pipeline_id: row.pipeline_id,
        project_id: row.project_id,
        run_started_at: row.run_started_at,
        attempt: attempt ?? 0,
        policy: row.policy,
        priority: row.priority ?? 0,
      });
    }
  });
}

/** Control nodes and skipped ones end at once and make others ready in turn. */
async function nextRound(tx: Tx, ready: readonly AdvanceRow[], at: Date): Promise<EndRow[]> {
  const decided = ready.filter((row) => decideReady(row.type ?? '', row.live_parents ?? 0, row.needs) !== 'run');
  const inputs = decided.some((row) => row.type === 'trigger')
    ? await readRunInputs(
        tx,
        decided.map((row) => row.run_id),
      )
    : new Map<string, Json>();
  return decided.map((row) => {
    const skipped = decideReady(row.type ?? '', row.live_parents ?? 0, row.needs) === 'skip';
    return {
      runId: row.run_id,
      nodeId: row.node_id ?? '',
      jobId: null,
      attempt: 0,
      mayGoOn: false,
      isOvercome: false,
      status: skipped ? 'skipped' : 'completed',
      branch: null,
      input: null,
      output: skipped ? null : controlOutput(row.type ?? '', inputs.get(row.run_id) ?? null),
      error: null,
      inputTokens: 0,
      outputTokens: 0,
      costUsd: null,
      startedAt: skipped ? null : at,
      at,
    };
  });
}

async function endRuns(
  ctx: Ctx,
  tx: Tx,
  failed: readonly NodeEnd[],
  touched: readonly AdvanceRow[],
  now: Date,
): Promise<NewEvent[]> {
  const failures = new Map<string, NodeEnd>();
  for (const end of failed) if (!failures.has(end.runId)) failures.set(end.runId, end);
  const finished = touched.filter((row) => row.open_nodes === 0 && !failures.has(row.run_id));
  const finishedIds = finished.map((row) => row.run_id);
  // Nothing here depends on its answer, and if it fails, so does the transaction.
  if (finishedIds.length > 0) void completeRuns(tx, finishedIds, now);
  tx.afterCommit(() => announceEnds(ctx, [...finishedIds, ...failures.keys()]));
  await resumeParents(ctx, tx, finished);
  const events: NewEvent[] = finished.map((row) => runEnded({ ...row, id: row.run_id }, 'completed'));
  const left = finished.filter((row) => row.deadline_job_id !== null || row.concurrency_group !== null);
  if (left.length > 0)
    events.push(
      ...(await leave(
        ctx,
        tx,
        left.map((row) => ({ ...row, left_group: row.concurrency_group, left_line: null })),
      )),
    );
  if (failures.size === 0) return events;
  const stops = [...failures.values()].map((end) => ({
    runId: end.runId,
    status: 'failed' as const,
    error: end.error as Json,
  }));
  return [...events, ...(await stopWithEvents(ctx, tx, stops, now))];
}

/** Ends runs before their time and whatever of them still works: jobs, turns, waits. */
export async function stopWithEvents(
  ctx: Ctx,
  tx: Tx,
  stops: readonly { runId: string; status: 'failed' | 'cancelled' | 'timed_out'; error: Json }[],
  now: Date,
): Promise<NewEvent[]> {
  const { stopped, runs } = await stopRuns(tx, stops, now);
  await releaseStopped(ctx, tx, stopped);
  await resumeParents(ctx, tx, runs);
  for (const run of runs) {
    // Of a sub-run the run that began it tells.
    if (run.status === 'cancelled' || run.parent !== null) continue;
    const error = stops.find((stop) => stop.runId === run.id)?.error;
    const message =
      error !== null && typeof error === 'object' && 'message' in error
        ? String(error.message)
        : 'See the run for its cause.';
    await notify(ctx, tx, {
      title: `${run.status === 'failed' ? 'A run failed' : 'A run took longer than its time'}: ${run.pipeline_name}`,
      body: message,
      urgency: 'failure',
      link: `/runs/${run.id}`,
      userId: userOf(run.actor_id),
    });
  }
  return [
    ...stopped.map((row) => nodeEvent('pipelines.node-ended', row, { status: 'cancelled' })),
    ...runs.map((run) => runEnded(run, run.status)),
    ...(await leave(ctx, tx, runs)),
    ...(await stopSubRuns(
      ctx,
      tx,
      runs.map((run) => run.id),
      now,
    )),
  ];
}

/** Runs have ended: their clocks stop, and whose turn it is in their groups begins. */
async function leave(
  ctx: Ctx,
  tx: Tx,
  runs: readonly Pick<StoppedRun, 'deadline_job_id' | 'left_group' | 'left_line'>[],
): Promise<NewEvent[]> {
  await ctx.queue.takeBack(
    tx,
    timeOutJob,
    runs.flatMap((run) => run.deadline_job_id ?? []),
  );
  // Those behind may have a wider limit. Not here: whoever passes on a turn waits for the rows of those that stand in line.
  const lines = new Set(runs.flatMap((run) => run.left_line ?? []));
  await ctx.queue.enqueue(
    tx,
    [...lines].map((group) => ({ name: beginNextJob, payload: { group } })),
  );
  return beginNext(ctx, tx, [...new Set(runs.flatMap((run) => run.left_group ?? []))]);
}

/** Sub-runs of runs, or of one node, that have not ended: what began them needs them no more. */
export async function stopSubRuns(
  ctx: Ctx,
  tx: Tx,
  runIds: readonly string[],
  now: Date,
  nodeId: string | null = null,
): Promise<NewEvent[]> {
  const open = await listOpenSubRuns(tx, runIds, nodeId);
  if (open.length === 0) return [];
  await lockRuns(tx, open);
  const message = 'The run that began this one needs it no more.';
  const error = { code: 'pipelines.parent-ended', message, nodeId: null, next: null };
  const stops = open.map((runId) => ({ runId, status: 'cancelled' as const, error }));
  return stopWithEvents(ctx, tx, stops, now);
}

async function releaseStopped(ctx: Ctx, tx: Tx, stopped: readonly StoppedNode[]): Promise<void> {
  for (const [name, rows] of Map.groupBy(stopped, (row) => jobNameOf(row.type))) {
    await ctx.queue.cancel(
      tx,
      name,
      rows.map((row) => row.job_id),
    );
  }
  await releaseWaits(ctx, tx, stopped);
  const turnIds = stopped.flatMap((row) => (row.turn_id === null ? [] : [row.turn_id]));
  if (turnIds.length > 0) await cancelTurns(ctx, tx, turnIds);
}
