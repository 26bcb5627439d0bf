// Runs as the API shows them.
import type { NodeRun, NodeSpan, NodeStatus, Run, RunError, RunRow, RunStatus } from '@gathering/contract/pipelines';
import { type Ctx, sightOf } from '../../ctx.ts';
import { requireSeen } from './guard.ts';
import { priorityWord } from './read-controls.ts';
import { readCursor } from './read-cursor.ts';
import { findRun, listForks, listNodeRuns, listRuns, type NodeRunRecord, type RunRowRecord } from './store/runs.ts';

const isoText = (at: string | null | undefined): string | null => (at ? new Date(at).toISOString() : null);
const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

export function toRunRow(row: RunRowRecord): RunRow {
  return {
    id: row.id,
    pipelineId: row.pipeline_id,
    pipelineName: row.pipeline_name,
    pipelineVersion: row.pipeline_version,
    triggerId: row.trigger_id,
    projectId: row.project_id,
    parent:
      row.parent_run_id === null
        ? null
        : { runId: row.parent_run_id, nodeId: row.parent_node_id ?? '', item: row.parent_item },
    status: row.status as RunStatus,
    nodesTotal: row.nodes_total,
    nodesDone: row.nodes_done,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    costUsd: row.cost_usd,
    createdAt: row.created_at.toISOString(),
    startedAt: iso(row.started_at),
    endedAt: iso(row.ended_at),
  };
}

function toNodeRun(row: NodeRunRecord): NodeRun {
  return {
    id: row.node_id,
    type: row.type,
    name: row.name,
    status: row.status as NodeStatus,
    attempt: row.attempt,
    tries: row.tries,
    input: row.input,
    output: row.output,
    error: row.error as RunError | null,
    branch: row.branch,
    turnId: row.turn_id,
    waitingFor:
      row.waiting_kind === null || row.status !== 'waiting'
        ? null
        : { kind: row.waiting_kind, until: iso(row.waiting_until), question: row.question },
    copied: row.copied,
    history: row.history.map(
      (span): NodeSpan => ({
        kind: span.kind,
        from: new Date(span.from).toISOString(),
        to: isoText(span.to),
        code: span.code ?? null,
        until: isoText(span.until),
      }),
    ),
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    costUsd: row.cost_usd,
    startedAt: iso(row.started_at),
    endedAt: iso(row.ended_at),
  };
}

/** Throws AppError `pipelines.run-not-found`, also for a run that the actor may not see. */
export async function readRun(ctx: Pick<Ctx, 'database' | 'may' | 'actor'>, id: string): Promise<Run> {
  const row = requireSeen(ctx, await findRun(ctx.database, id));
  const [nodes, forks] = await Promise.all([
    listNodeRuns(ctx.database, id),
    listForks(ctx.database, sightOf(ctx.actor), id),
  ]);
  return {
    ...toRunRow(row),
    definition: row.definition,
    input: row.input,
    output: row.output,
    error: row.error as RunError | null,
    nodes: nodes.map(toNodeRun),
    priority: priorityWord(row.priority),
    timeoutSeconds: row.timeout_seconds,
    deadlineAt: row.paused_at === null && row.ended_at === null ? iso(row.deadline_at) : null,
    concurrencyKey: row.concurrency_key,
    concurrencyLimit: row.concurrency_limit,
    pausedAt: iso(row.paused_at),
    retries: row.retries,
    forkedFrom:
      row.forked_from_run === null ? null : { runId: row.forked_from_run, nodeId: row.forked_from_node ?? '' },
    forks: forks.map((fork) => ({ runId: fork.id, nodeId: fork.node_id, status: fork.status as RunStatus })),
    onlyNode: row.only_node,
  };
}

export async function listRunPage(
  ctx: Pick<Ctx, 'database' | 'actor'>,
  query: {
    pipelineId?: string | undefined;
    status?: string | undefined;
    parentRunId?: string | undefined;
    parentNodeId?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const { pipelineId, status, parentRunId, parentNodeId } = query;
  const rows = await listRuns(ctx.database, sightOf(ctx.actor), {
    pipelineId,
    status,
    parentRunId,
    parentNodeId,
    before: readCursor(query.cursor),
    limit: query.limit + 1,
  });
  const page = rows.slice(0, query.limit).map(toRunRow);
  return { items: page, nextCursor: rows.length > query.limit ? (page.at(-1)?.id ?? null) : null };
}
