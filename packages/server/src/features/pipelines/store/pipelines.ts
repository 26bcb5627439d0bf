// SQL of the stored definitions.
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import type { Sight } from '../../../ctx.ts';
import type { Database, Tx } from '../../../platform/db/database.ts';

export interface PipelineRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly definition: PipelineDefinition;
  readonly version: number;
  readonly published_version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const columns = 'id, name, description, definition, version, published_version, created_at, updated_at';

export async function findPipeline(handle: Database | Tx, id: string): Promise<PipelineRow | null> {
  const { rows } = await handle.query<PipelineRow>(`select ${columns} from pipeline.pipelines where id = $1`, [id]);
  return rows[0] ?? null;
}

/** Locks the row, so that two changes of one pipeline follow each other. */
export async function findPipelineForChange(tx: Tx, id: string): Promise<PipelineRow | null> {
  const { rows } = await tx.query<PipelineRow>(`select ${columns} from pipeline.pipelines where id = $1 for update`, [
    id,
  ]);
  return rows[0] ?? null;
}

export async function insertPipeline(
  tx: Tx,
  id: string,
  definition: PipelineDefinition,
  at: Date,
): Promise<PipelineRow> {
  const { rows } = await tx.query<PipelineRow>(
    `insert into pipeline.pipelines (id, name, description, definition, node_count, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $6) returning ${columns}`,
    [id, definition.name, definition.description, definition, definition.nodes.length, at],
  );
  return rows[0] as PipelineRow;
}

export async function updatePipeline(
  tx: Tx,
  id: string,
  definition: PipelineDefinition,
  at: Date,
): Promise<PipelineRow> {
  const { rows } = await tx.query<PipelineRow>(
    `update pipeline.pipelines set name = $2, description = $3, definition = $4, node_count = $5, updated_at = $6, version = version + 1
      where id = $1 returning ${columns}`,
    [id, definition.name, definition.description, definition, definition.nodes.length, at],
  );
  return rows[0] as PipelineRow;
}

/** Runs start with this version from now on. With a definition that becomes the draft, too. */
export async function setPublished(
  tx: Tx,
  id: string,
  version: number,
  definition: PipelineDefinition,
  at: Date,
): Promise<PipelineRow> {
  const { rows } = await tx.query<PipelineRow>(
    `update pipeline.pipelines set name = $3, description = $4, definition = $5, node_count = $6, version = $2, published_version = $2, updated_at = $7
      where id = $1 returning ${columns}`,
    [id, version, definition.name, definition.description, definition, definition.nodes.length, at],
  );
  return rows[0] as PipelineRow;
}

export async function deletePipeline(tx: Tx, id: string): Promise<void> {
  await tx.query('delete from pipeline.pipelines where id = $1', [id]);
}

export interface PipelineListRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly version: number;
  readonly published_version: number;
  readonly node_count: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly run_id: string | null;
  readonly run_status: string | null;
  readonly run_at: Date | null;
}

/** With the last run of each that the reader may see. */
export async function listPipelines(
  database: Database,
  sight: Sight,
  before: string | null,
  limit: number,
): Promise<PipelineListRow[]> {
  const { rows } = await database.query<PipelineListRow>(
    `select p.id, p.name, p.description, p.version, p.published_version, p.node_count, p.created_at, p.updated_at, r.id as run_id, r.status as run_status, r.created_at as run_at
       from pipeline.pipelines p
       left join lateral (select id, status, created_at from pipeline.runs
          where pipeline_id = p.id and only_node is null
            and auth.may_see(case when project_id is null then owner_id end, project_id, project_id is null, $3, $4, $5)
          order by id desc limit 1) r on true
      where $1::uuid is null or p.id < $1
      order by p.id desc limit $2`,
    [before, limit, sight.userId, sight.projects, sight.isOperator],
  );
  return rows;
}

/** True for exactly one caller, ever: the example is to be loaded now. */
export async function claimExample(tx: Tx, name: string, at: Date): Promise<boolean> {
  const { rowCount } = await tx.query(
    'insert into pipeline.loaded_examples (name, loaded_at) values ($1, $2) on conflict do nothing',
    [name, at],
  );
  return rowCount === 1;
}

/** Which pipelines name this agent, by id or handle, in a node. */
export async function findPipelinesOfAgent(handle: Database | Tx, refs: readonly string[]): Promise<string[]> {
  const { rows } = await handle.query<{ name: string }>(
    `select p.name from pipeline.pipelines p
      where exists (select 1 from jsonb_array_elements(p.definition -> 'nodes') n where n ->> 'type' = 'agent' and n -> 'config' ->> 'agentId' = any($1::text[]))
      order by p.name limit 20`,
    [refs],
  );
  return rows.map((row) => row.name);
}

/** Those of the ids that pipelines have. */
export async function findExisting(database: Database, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await database.query<{ id: string }>(
    'select id from pipeline.pipelines where id = any($1::uuid[])',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}
