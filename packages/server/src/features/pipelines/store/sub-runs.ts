// SQL of what a node must know of its run and of the runs that it began.
import type { Json } from '@gathering/contract/json';
import type { Database } from '../../../platform/db/database.ts';

export interface RunFacts {
  readonly pipelineName: string;
  readonly depth: number;
  /** The run at the top; null: this one. */
  readonly rootRunId: string | null;
  /** How many triggers followed from each other until it. */
  readonly causeDepth: number;
}

export async function readRunFacts(database: Database, runId: string): Promise<RunFacts> {
  const { rows } = await database.query<RunFacts>(
    'select pipeline_name as "pipelineName", depth, root_run_id as "rootRunId", cause_depth as "causeDepth" from pipeline.runs where id = $1',
    [runId],
  );
  return rows[0] ?? { pipelineName: '', depth: 0, rootRunId: null, causeDepth: 0 };
}

/** Runs below the run at the top, ended ones too. */
export async function countSubRuns(database: Database, rootRunId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'select count(*)::int as count from pipeline.runs where root_run_id = $1',
    [rootRunId],
  );
  return rows[0]?.count ?? 0;
}

/** The branches under which the edges of a node are taken. */
export async function readBranches(database: Database, runId: string, nodeId: string): Promise<string[]> {
  const { rows } = await database.query<{ branches: (string | null)[] }>(
    'select child_when as branches from pipeline.node_runs where run_id = $1 and node_id = $2',
    [runId, nodeId],
  );
  return (rows[0]?.branches ?? []).filter((one) => one !== null);
}

export interface SubRun {
  readonly id: string;
  readonly status: string;
  readonly output: Json;
  readonly error: { readonly message?: string } | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
}

/** The sub-run whose end this job goes on with; null: none was begun. */
export async function findSubRunOfJob(
  database: Database,
  node: { readonly run_id: string; readonly node_id: string; readonly job_id: string },
): Promise<SubRun | null> {
  const { rows } = await database.query<SubRun>(
    `select r.id, r.status, b.output, b.error, r.input_tokens as "inputTokens", r.output_tokens as "outputTokens", r.cost_usd as "costUsd"
       from pipeline.runs r join pipeline.run_bodies b on b.run_id = r.id
      where r.parent_run_id = $1 and r.parent_node_id = $2 and r.parent_job_id = $3 and r.parent_item is null`,
    [node.run_id, node.node_id, node.job_id],
  );
  return rows[0] ?? null;
}
