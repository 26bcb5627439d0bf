// SQL of the versions of pipelines.
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import type { Database, Tx } from '../../../platform/db/database.ts';

export interface VersionRowRecord {
  readonly version: number;
  readonly node_count: number;
  readonly is_published: boolean;
  readonly is_rolled_back: boolean;
  readonly restores: number | null;
  readonly note: string;
  readonly created_by: string;
  readonly created_at: Date;
}

export interface VersionRecord extends VersionRowRecord {
  readonly definition: PipelineDefinition;
}

export interface NewVersion {
  readonly pipelineId: string;
  readonly version: number;
  readonly definition: PipelineDefinition;
  readonly isPublished: boolean;
  readonly restores: number | null;
  readonly note: string;
  readonly by: string;
  readonly at: Date;
}

const columns = 'version, node_count, is_published, is_rolled_back, restores, note, created_by, created_at';

export async function insertVersion(tx: Tx, given: NewVersion): Promise<void> {
  const { pipelineId, version, definition, isPublished, restores, note, by, at } = given;
  await tx.query(
    `insert into pipeline.versions (pipeline_id, version, definition, node_count, is_published, restores, note, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [pipelineId, version, definition, definition.nodes.length, isPublished, restores, note, by, at],
  );
}

/** The published ones after a version: what bringing that one back takes out of use. */
export async function markRolledBack(tx: Tx, pipelineId: string, after: number, before: number): Promise<void> {
  await tx.query(
    `update pipeline.versions set is_rolled_back = true
      where pipeline_id = $1 and version > $2 and version < $3 and is_published`,
    [pipelineId, after, before],
  );
}

/** Keeps so many of the latest, and the published one whatever its age. */
export async function pruneVersions(tx: Tx, pipelineId: string, published: number, most: number): Promise<void> {
  await tx.query(
    `delete from pipeline.versions where pipeline_id = $1 and version <> $2
        and version <= (select version from pipeline.versions where pipeline_id = $1 order by version desc offset $3 limit 1)`,
    [pipelineId, published, most],
  );
}

export async function findVersion(
  handle: Database | Tx,
  pipelineId: string,
  version: number,
): Promise<VersionRecord | null> {
  const { rows } = await handle.query<VersionRecord>(
    `select ${columns}, definition from pipeline.versions where pipeline_id = $1 and version = $2`,
    [pipelineId, version],
  );
  return rows[0] ?? null;
}

export async function listVersionRows(
  database: Database,
  pipelineId: string,
  before: number | null,
  limit: number,
): Promise<VersionRowRecord[]> {
  const { rows } = await database.query<VersionRowRecord>(
    `select ${columns} from pipeline.versions where pipeline_id = $1 and ($2::int is null or version < $2)
      order by version desc limit $3`,
    [pipelineId, before, limit],
  );
  return rows;
}

/** What a run of the pipeline starts with; null: there is no such pipeline. */
export async function findPublished(
  database: Database,
  pipelineId: string,
): Promise<{ version: number; definition: PipelineDefinition } | null> {
  const { rows } = await database.query<{ version: number; definition: PipelineDefinition }>(
    `select v.version, v.definition from pipeline.pipelines p
       join pipeline.versions v on v.pipeline_id = p.id and v.version = p.published_version where p.id = $1`,
    [pipelineId],
  );
  return rows[0] ?? null;
}
