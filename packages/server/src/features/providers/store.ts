// All SQL on providers and on usage.

import { AppError } from '@gathering/contract/errors';
import type { Price, ProviderKind } from '@gathering/contract/providers';
import type { Database, Tx } from '../../platform/db/database.ts';
import { codeOf } from '../../platform/db/failures.ts';
import { errors } from '../../platform/db/sql-state.ts';

export interface ListedModel {
  readonly id: string;
  readonly price?: Price | null | undefined;
}

export interface ProviderRow {
  readonly id: string;
  readonly name: string;
  readonly kind: ProviderKind;
  readonly baseUrl: string | null;
  /** An owner entered the address, which may be private then. */
  readonly addressByOwner: boolean;
  readonly sealedKey: string | null;
  readonly keyHint: string | null;
  readonly builtIn: boolean;
  readonly enabled: boolean;
  /** Null: the short list of the vendor. */
  readonly models: readonly ListedModel[] | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const columns = `id, name, kind, base_url as "baseUrl", address_by_owner as "addressByOwner", sealed_key as "sealedKey", key_hint as "keyHint",
  built_in as "builtIn", enabled, models, created_at as "createdAt", updated_at as "updatedAt"`;

export async function selectProviders(database: Database): Promise<ProviderRow[]> {
  const { rows } = await database.query<ProviderRow>(
    `select ${columns} from provider.providers order by built_in desc, name`,
  );
  return rows;
}

export async function selectProvider(database: Database, id: string): Promise<ProviderRow | undefined> {
  const { rows } = await database.query<ProviderRow>(`select ${columns} from provider.providers where id = $1`, [id]);
  return rows[0];
}

export async function selectProviderByName(database: Database, name: string): Promise<ProviderRow | undefined> {
  const { rows } = await database.query<ProviderRow>(`select ${columns} from provider.providers where name = $1`, [
    name,
  ]);
  return rows[0];
}

/** Locks the row until the transaction ends. */
export async function lockProvider(tx: Tx, id: string): Promise<ProviderRow | undefined> {
  const { rows } = await tx.query<ProviderRow>(`select ${columns} from provider.providers where id = $1 for update`, [
    id,
  ]);
  return rows[0];
}

/** Throws AppError `providers.name-taken`. */
export async function saveProvider(tx: Tx, row: ProviderRow): Promise<void> {
  try {
    await tx.query(
      `insert into provider.providers (id, name, kind, base_url, sealed_key, key_hint, built_in, enabled, models, created_at, updated_at,
         address_by_owner)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       on conflict (id) do update set name = excluded.name, base_url = excluded.base_url, sealed_key = excluded.sealed_key,
         key_hint = excluded.key_hint, address_by_owner = excluded.address_by_owner, enabled = excluded.enabled, models = excluded.models, updated_at = excluded.updated_at`,
      [
        row.id,
        row.name,
        row.kind,
        row.baseUrl,
        row.sealedKey,
        row.keyHint,
        row.builtIn,
        row.enabled,
        row.models === null ? null : JSON.stringify(row.models),
        row.createdAt,
        row.updatedAt,
        row.addressByOwner,
      ],
    );
  } catch (error) {
    if (codeOf(error) === errors.uniqueViolation) throw new AppError('providers.name-taken', { cause: error });
    throw error;
  }
}

export async function deleteProvider(tx: Tx, id: string): Promise<void> {
  await tx.query('delete from provider.providers where id = $1', [id]);
}

export interface UsageOfCall {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly provider: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
}

export function addUsage(tx: Tx, usage: UsageOfCall): Promise<unknown> {
  return tx.query(
    `insert into provider.usage as known (day, provider, model, calls, unpriced_calls, input_tokens, output_tokens, cost_usd)
     values ($1::date, $2, $3, 1, $4, $5, $6, $7)
     on conflict (day, provider, model) do update set calls = known.calls + 1,
       unpriced_calls = known.unpriced_calls + excluded.unpriced_calls,
       input_tokens = known.input_tokens + excluded.input_tokens,
       output_tokens = known.output_tokens + excluded.output_tokens,
       cost_usd = known.cost_usd + excluded.cost_usd`,
    [
      usage.day,
      usage.provider,
      usage.model,
      usage.costUsd === null ? 1 : 0,
      usage.inputTokens,
      usage.outputTokens,
      usage.costUsd ?? 0,
    ],
  );
}

export interface UsageRow {
  readonly day: string;
  readonly provider: string;
  readonly model: string;
  readonly calls: number;
  readonly unpricedCalls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
}

/** From that day on, latest first. */
export async function selectUsage(database: Database, sinceDay: string): Promise<UsageRow[]> {
  const { rows } = await database.query<UsageRow>(
    `select day, provider, model, calls, unpriced_calls as "unpricedCalls", input_tokens as "inputTokens",
       output_tokens as "outputTokens", cost_usd as "costUsd"
     from provider.usage where day >= $1::date order by day desc, provider, model`,
    [sinceDay],
  );
  return rows;
}
