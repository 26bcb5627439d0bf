// SQL of triggers, and of how far the events were looked at for them.
import type { EventType } from '@gathering/contract/events';
import type { Permission } from '@gathering/contract/permissions';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import type { TriggerKind } from '@gathering/contract/pipelines-triggers';
import type { Database, Tx } from '../../../platform/db/database.ts';

export interface TriggerRow {
  readonly id: string;
  readonly pipeline_id: string;
  readonly kind: TriggerKind;
  readonly name: string;
  readonly enabled: boolean;
  readonly project_id: string | null;
  readonly actor_id: string;
  readonly scopes: readonly Permission[] | null;
  readonly sealed_secret: string | null;
  readonly replay_window_seconds: number;
  readonly event_types: readonly EventType[];
  readonly filter: string;
  readonly fired_count: number;
  readonly last_fired_at: Date | null;
  readonly refused_count: number;
  readonly last_refused_at: Date | null;
  readonly last_refusal: string | null;
  readonly created_at: Date;
}

const columns =
  't.id, t.pipeline_id, t.kind, t.name, t.enabled, t.project_id, t.actor_id, t.scopes, t.sealed_secret, t.replay_window_seconds, t.event_types, t.filter, t.fired_count, t.last_fired_at, t.refused_count, t.last_refused_at, t.last_refusal, t.created_at';

export type NewTriggerRow = Pick<
  TriggerRow,
  | 'id'
  | 'pipeline_id'
  | 'kind'
  | 'name'
  | 'enabled'
  | 'project_id'
  | 'actor_id'
  | 'scopes'
  | 'sealed_secret'
  | 'replay_window_seconds'
  | 'event_types'
  | 'filter'
  | 'created_at'
> & { readonly token_hash: string | null };

export async function insertTrigger(tx: Tx, row: NewTriggerRow): Promise<TriggerRow> {
  const { rows } = await tx.query<TriggerRow>(
    `insert into pipeline.triggers as t (id, pipeline_id, kind, name, enabled, project_id, actor_id, scopes, token_hash, sealed_secret, replay_window_seconds, event_types, filter, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning ${columns}`,
    [
      ...[row.id, row.pipeline_id, row.kind, row.name, row.enabled, row.project_id, row.actor_id, row.scopes],
      ...[row.token_hash, row.sealed_secret, row.replay_window_seconds, row.event_types, row.filter, row.created_at],
    ],
  );
  return rows[0] as TriggerRow;
}

export async function listTriggerRows(database: Database, pipelineId: string, limit: number): Promise<TriggerRow[]> {
  const { rows } = await database.query<TriggerRow>(
    `select ${columns} from pipeline.triggers t where pipeline_id = $1 order by id limit $2`,
    [pipelineId, limit],
  );
  return rows;
}

export async function countTriggers(tx: Tx, pipelineId: string): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    'select count(*)::int as count from pipeline.triggers where pipeline_id = $1',
    [pipelineId],
  );
  return rows[0]?.count ?? 0;
}

export async function lockTrigger(tx: Tx, pipelineId: string, id: string): Promise<TriggerRow | null> {
  const { rows } = await tx.query<TriggerRow>(
    `select ${columns} from pipeline.triggers t where pipeline_id = $1 and id = $2 for update`,
    [pipelineId, id],
  );
  return rows[0] ?? null;
}

/** One that is switched on follows what happens from this transaction on. */
export async function updateTrigger(
  tx: Tx,
  id: string,
  to: Pick<TriggerRow, 'name' | 'enabled' | 'event_types' | 'filter' | 'replay_window_seconds'>,
  isSwitchedOn: boolean,
): Promise<TriggerRow> {
  const { rows } = await tx.query<TriggerRow>(
    `update pipeline.triggers t set name = $2, enabled = $3, event_types = $4, filter = $5, replay_window_seconds = $6,
            follows_from = case when $7 then pg_current_xact_id() else follows_from end
      where id = $1 returning ${columns}`,
    [id, to.name, to.enabled, to.event_types, to.filter, to.replay_window_seconds, isSwitchedOn],
  );
  return rows[0] as TriggerRow;
}

export async function updateTriggerSecrets(
  tx: Tx,
  id: string,
  tokenHash: string,
  sealedSecret: string | null,
): Promise<void> {
  await tx.query('update pipeline.triggers set token_hash = $2, sealed_secret = $3 where id = $1', [
    id,
    tokenHash,
    sealedSecret,
  ]);
}

export async function deleteTrigger(tx: Tx, pipelineId: string, id: string): Promise<TriggerRow | null> {
  const { rows } = await tx.query<TriggerRow>(
    `delete from pipeline.triggers t where pipeline_id = $1 and id = $2 returning ${columns}`,
    [pipelineId, id],
  );
  return rows[0] ?? null;
}

export interface HookRow extends TriggerRow {
  readonly version: number;
  readonly definition: PipelineDefinition;
}

/** Hot: all that a webhook needs, by one unique key. Null: no webhook that is on has this token. */
export async function findHook(database: Database, tokenHash: string): Promise<HookRow | null> {
  const { rows } = await database.query<HookRow>(
    `select ${columns}, v.version, v.definition from pipeline.triggers t
       join pipeline.pipelines p on p.id = t.pipeline_id
       join pipeline.versions v on v.pipeline_id = p.id and v.version = p.published_version
      where t.token_hash = $1 and t.enabled`,
    [tokenHash],
  );
  return rows[0] ?? null;
}

/** With the runs that they have just started, each as often as it did. */
export async function countFires(tx: Tx, ids: readonly string[], at: Date): Promise<void> {
  await tx.query(
    `with fires as (select id, count(*) as times from unnest($1::uuid[]) as f(id) group by id),
          locked as (select id from pipeline.triggers where id = any($1::uuid[]) order by id for no key update)
     update pipeline.triggers t set fired_count = fired_count + times, last_fired_at = greatest(last_fired_at, $2)
       from fires join locked using (id) where t.id = fires.id`,
    [ids, at],
  );
}

export async function countRefusal(tx: Tx, id: string, reason: string, at: Date): Promise<void> {
  await tx.query(
    'update pipeline.triggers set refused_count = refused_count + 1, last_refusal = $2, last_refused_at = $3 where id = $1',
    [id, reason, at],
  );
}

export interface FollowerRow extends TriggerRow {
  readonly version: number;
  readonly definition: PipelineDefinition;
  readonly follows_from: string;
}

/** Every type of event that some trigger follows. */
export async function listFollowedTypes(database: Database): Promise<EventType[]> {
  const { rows } = await database.query<{ type: EventType }>(
    `select distinct unnest(event_types) as type from pipeline.triggers where kind = 'event' and enabled`,
  );
  return rows.map(({ type }) => type);
}

/** Triggers of these types of events, with what they start. */
export async function listFollowers(database: Database, types: readonly string[]): Promise<FollowerRow[]> {
  const { rows } = await database.query<FollowerRow>(
    `select ${columns}, t.follows_from::text as follows_from, v.version, v.definition from pipeline.triggers t
       join pipeline.pipelines p on p.id = t.pipeline_id
       join pipeline.versions v on v.pipeline_id = p.id and v.version = p.published_version
      where t.kind = 'event' and t.enabled and t.event_types && $1::text[] order by t.id`,
    [types],
  );
  return rows;
}

/** Null: no trigger follows events. */
export async function readFollowCursor(database: Database): Promise<string | null> {
  const { rows } = await database.query<{ cursor: string }>(
    `select cursor from pipeline.event_cursor
      where exists (select from pipeline.triggers where kind = 'event' and enabled)`,
  );
  return rows[0]?.cursor ?? null;
}

/** False: another process has looked at what follows `from`. Holds the place until the transaction ends. */
export async function moveFollowCursor(tx: Tx, from: string, to: string): Promise<boolean> {
  const { rowCount } = await tx.query('update pipeline.event_cursor set cursor = $2 where cursor = $1', [from, to]);
  return rowCount === 1;
}

/**
 * Before a trigger of events is added or switched on: where none follows, there is no place yet, or it lies behind by all
 * that happened meanwhile. Locks the place first, so that of two at once the second sees what the first one has added.
 */
export async function beginToFollow(tx: Tx): Promise<void> {
  await tx.query(
    `insert into pipeline.event_cursor (cursor) values (pg_current_xact_id()::text || '-0') on conflict do nothing`,
  );
  await tx.query('select cursor from pipeline.event_cursor for update');
  await tx.query(
    `update pipeline.event_cursor set cursor = pg_current_xact_id()::text || '-0'
      where not exists (select from pipeline.triggers where kind = 'event' and enabled)`,
  );
}

/** After the database was copied to another server, whose transactions are counted anew. */
export async function followAnew(tx: Tx, from: string, present: string): Promise<void> {
  const { rowCount } = await tx.query('update pipeline.event_cursor set cursor = $2 where cursor = $1', [
    from,
    present,
  ]);
  if (rowCount === 1) await tx.query(`update pipeline.triggers set follows_from = '0' where kind = 'event'`);
}

/** How many triggers of events led to each of these runs. */
export async function readCauseDepths(database: Database, runIds: readonly string[]): Promise<Map<string, number>> {
  if (runIds.length === 0) return new Map();
  const { rows } = await database.query<{ id: string; cause_depth: number }>(
    'select id, cause_depth from pipeline.runs where id = any($1::uuid[])',
    [runIds],
  );
  return new Map(rows.map((row) => [row.id, row.cause_depth]));
}
