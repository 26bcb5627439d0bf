// SQL of nodes that work on a list: the node's row and one row an item. Rows change only while the run is locked.
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import type { Database, Tx } from '../../../platform/db/database.ts';

export interface MapRow {
  readonly runId: string;
  readonly nodeId: string;
  readonly jobId: string;
  readonly pipelineId: string | null;
  readonly definition: PipelineDefinition;
  /** The node of a sub-run whose output is the item's; null: all of its output. */
  readonly outputOf: string | null;
  readonly concurrency: number;
  readonly stopsAtFailure: boolean;
}

/** In the place of what an earlier attempt of the node left. */
export async function insertMap(tx: Tx, row: MapRow, inputs: readonly Json[]): Promise<void> {
  await tx.query('delete from pipeline.maps where run_id = $1 and node_id = $2', [row.runId, row.nodeId]);
  await tx.query(
    `insert into pipeline.maps (run_id, node_id, job_id, pipeline_id, definition, output_of, concurrency, stops_at_failure)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      ...[row.runId, row.nodeId, row.jobId, row.pipelineId, JSON.stringify(row.definition), row.outputOf],
      ...[row.concurrency, row.stopsAtFailure],
    ],
  );
  await tx.query(
    `insert into pipeline.map_items (run_id, node_id, position, input, status)
     select $1, $2, place - 1, coalesce(input, 'null'), 'pending' from unnest($3::jsonb[]) with ordinality as given (input, place)`,
    [row.runId, row.nodeId, inputs.map((input) => JSON.stringify(input))],
  );
}

export async function findMap(database: Database, runId: string, nodeId: string): Promise<MapRow | null> {
  const { rows } = await database.query<MapRow>(
    `select run_id as "runId", node_id as "nodeId", job_id as "jobId", pipeline_id as "pipelineId", definition, output_of as "outputOf",
            concurrency, stops_at_failure as "stopsAtFailure"
       from pipeline.maps where run_id = $1 and node_id = $2`,
    [runId, nodeId],
  );
  return rows[0] ?? null;
}

export interface NextItem {
  readonly position: number;
  readonly input: Json;
}

export async function listNextItems(
  database: Database,
  { runId, nodeId }: Pick<MapRow, 'runId' | 'nodeId'>,
  limit: number,
): Promise<NextItem[]> {
  const { rows } = await database.query<NextItem>(
    `select position, input from pipeline.map_items where run_id = $1 and node_id = $2 and status = 'pending' order by position limit $3`,
    [runId, nodeId, limit],
  );
  return rows;
}

/** Locks the run. False: it is over or paused, or the node does not wait for this list any more. */
export async function lockMap(tx: Tx, { runId, nodeId, jobId }: MapRow): Promise<boolean> {
  await tx.query('select id from pipeline.runs where id = $1 for no key update', [runId]);
  const { rowCount } = await tx.query(
    `select 1 from pipeline.maps m
       join pipeline.node_runs n on n.run_id = m.run_id and n.node_id = m.node_id and n.job_id = m.job_id and n.status = 'waiting'
       join pipeline.runs r on r.id = m.run_id and r.status in ('pending', 'running', 'waiting')
      where m.run_id = $1 and m.node_id = $2 and m.job_id = $3 and not m.is_done`,
    [runId, nodeId, jobId],
  );
  return rowCount === 1;
}

/** What became of sub-runs is what became of their items. */
export async function collectItems(tx: Tx, { runId, nodeId, outputOf }: MapRow): Promise<void> {
  await tx.query(
    `update pipeline.map_items i
        set status = case when r.status = 'completed' then 'completed' else 'failed' end,
            output = case when r.status <> 'completed' then null when $3::text is null then b.output else b.output -> $3 end,
            error = case when r.status <> 'completed'
              then coalesce(b.error, jsonb_build_object('code', 'pipelines.sub-run-failed', 'message', 'The sub-run ended as ' || r.status || '.')) end
       from pipeline.runs r join pipeline.run_bodies b on b.run_id = r.id
      where i.run_id = $1 and i.node_id = $2 and i.status = 'running' and r.id = i.sub_run_id
        and r.status not in ('pending', 'running', 'waiting', 'paused')`,
    [runId, nodeId, outputOf],
  );
}

export interface ItemCounts {
  readonly pending: number;
  readonly running: number;
  readonly failed: number;
}

export async function countItems(tx: Tx, { runId, nodeId }: MapRow): Promise<ItemCounts> {
  const { rows } = await tx.query<ItemCounts>(
    `select (count(*) filter (where status = 'pending'))::int as pending, (count(*) filter (where status = 'running'))::int as running,
            (count(*) filter (where status = 'failed'))::int as failed
       from pipeline.map_items where run_id = $1 and node_id = $2`,
    [runId, nodeId],
  );
  return rows[0] ?? { pending: 0, running: 0, failed: 0 };
}

/** False: it has been begun already. */
export async function beginItem(tx: Tx, map: MapRow, position: number, subRunId: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update pipeline.map_items set status = 'running', sub_run_id = $4 where run_id = $1 and node_id = $2 and position = $3 and status = 'pending'`,
    [map.runId, map.nodeId, position, subRunId],
  );
  return rowCount === 1;
}

/** False: it has been begun already. */
export async function failItem(tx: Tx, map: MapRow, position: number, error: Json): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update pipeline.map_items set status = 'failed', error = $4 where run_id = $1 and node_id = $2 and position = $3 and status = 'pending'`,
    [map.runId, map.nodeId, position, JSON.stringify(error)],
  );
  return rowCount === 1;
}

export async function finishMap(tx: Tx, { runId, nodeId }: MapRow): Promise<void> {
  await tx.query('update pipeline.maps set is_done = true where run_id = $1 and node_id = $2', [runId, nodeId]);
}

export interface EndedItem {
  readonly position: number;
  readonly status: string;
  readonly output: Json;
  readonly error: { readonly message?: string } | null;
}

/** In their order. */
export async function listItems(
  database: Database,
  { runId, nodeId }: Pick<MapRow, 'runId' | 'nodeId'>,
): Promise<EndedItem[]> {
  const { rows } = await database.query<EndedItem>(
    'select position, status, output, error from pipeline.map_items where run_id = $1 and node_id = $2 order by position',
    [runId, nodeId],
  );
  return rows;
}

export async function sumSubRuns(
  database: Database,
  { runId, nodeId, jobId }: Pick<MapRow, 'runId' | 'nodeId' | 'jobId'>,
): Promise<{ inputTokens: number; outputTokens: number; costUsd: number | null }> {
  const { rows } = await database.query<{ inputTokens: number; outputTokens: number; costUsd: number | null }>(
    `select coalesce(sum(input_tokens), 0)::int8 as "inputTokens", coalesce(sum(output_tokens), 0)::int8 as "outputTokens", sum(cost_usd) as "costUsd"
       from pipeline.runs where parent_run_id = $1 and parent_node_id = $2 and parent_job_id = $3`,
    [runId, nodeId, jobId],
  );
  return rows[0] ?? { inputTokens: 0, outputTokens: 0, costUsd: null };
}
