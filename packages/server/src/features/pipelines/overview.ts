// Small questions that others ask about runs: the Home page, guards of other features, retention.
import type { RunStatus } from '@gathering/contract/pipelines';
import { type Ctx, sightOf, type Tx } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { readRun, toRunRow } from './read-run.ts';
import { findPipelinesOfAgent } from './store/pipelines.ts';
import {
  countActiveRuns,
  countEndedSince,
  deleteOldRuns,
  findActiveByFingerprint,
  listRuns,
  selectStatuses,
} from './store/runs.ts';

export async function readHomeRuns(ctx: Ctx) {
  const page = (status: string, limit: number) =>
    listRuns(ctx.database, sightOf(ctx.actor), { status, before: null, limit });
  const [running, waiting, paused, pending, failed, timedOut] = await Promise.all([
    page('running', 20),
    page('waiting', 20),
    page('paused', 20),
    page('pending', 20),
    page('failed', 10),
    page('timed_out', 5),
  ]);
  const latest = [...failed, ...timedOut].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, 10);
  const reasons = await Promise.all(latest.map(async (row) => (await readRun(ctx, row.id)).error?.message ?? null));
  return {
    running: [...running, ...waiting, ...paused, ...pending].map(toRunRow).map((row) => ({
      runId: row.id,
      pipelineName: row.pipelineName,
      status: row.status,
      startedAt: row.startedAt,
      nodesDone: row.nodesDone,
      nodesTotal: row.nodesTotal,
    })),
    failed: latest.map(toRunRow).map((row, index) => ({
      runId: row.id,
      pipelineName: row.pipelineName,
      status: row.status,
      reason: reasons[index] ?? null,
      endedAt: row.endedAt,
    })),
  };
}

/** Runs that ended since an instant and that the actor may see, by how. */
export function countRuns(
  ctx: Pick<Ctx, 'database' | 'actor'>,
  since: Date,
): Promise<{ completed: number; failed: number }> {
  return countEndedSince(ctx.database, sightOf(ctx.actor), since);
}

/** The unfinished run that an earlier, cut-off program began with the same request; null: none. */
export function findInterruptedRun(ctx: Pick<Ctx, 'database'>, fingerprint: string): Promise<string | null> {
  return findActiveByFingerprint(ctx.database, fingerprint);
}

/** Where these runs stand and since when they have ended, by id; those that were removed are not in it. */
export async function readRunStatuses(
  handle: Database | Tx,
  ids: readonly string[],
): Promise<ReadonlyMap<string, { readonly status: RunStatus; readonly endedAt: Date | null }>> {
  const rows = ids.length === 0 ? [] : await selectStatuses(handle, ids);
  return new Map(rows.map(({ id, status, ended_at }) => [id, { status, endedAt: ended_at }]));
}

export async function runsOfProjectAreActive(handle: Database | Tx, projectId: string): Promise<boolean> {
  return (await countActiveRuns(handle, { projectId })) > 0;
}

/** Names of the pipelines with a node for this agent, so that it is not removed under them. */
export function listActivePipelinesOfAgent(handle: Database | Tx, refs: readonly string[]): Promise<string[]> {
  return findPipelinesOfAgent(handle, refs);
}

/** Removes ended runs older than `before` in bounded steps; answers how many went. */
export async function removeOldRuns(ctx: Ctx, before: Date): Promise<number> {
  let removed = 0;
  for (;;) {
    const step = await ctx.tx((tx) => deleteOldRuns(tx, before, 200));
    removed += step;
    if (step < 200 || ctx.signal.aborted) return removed;
  }
}
