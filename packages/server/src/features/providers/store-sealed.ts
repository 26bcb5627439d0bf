// The keys of providers, as they are sealed anew under another key of this installation.
import type { SealedPlace } from '../../platform/sealed-place.ts';
import { keyContext } from './key-context.ts';

export const providerKeys: SealedPlace = {
  name: 'provider.providers.sealed_key',
  select: async (tx, afterId, limit) => {
    const { rows } = await tx.query<{ id: string; sealed: string }>(
      `select id, sealed_key as sealed from provider.providers
       where sealed_key is not null and ($1::uuid is null or id > $1) order by id limit $2 for update`,
      [afterId, limit],
    );
    return rows.map((row) => ({ ...row, context: keyContext(row.id) }));
  },
  update: async (tx, values) => {
    await tx.query(
      `update provider.providers as row set sealed_key = given.sealed
       from unnest($1::uuid[], $2::text[]) as given (id, sealed) where row.id = given.id`,
      [values.map(({ id }) => id), values.map(({ sealed }) => sealed)],
    );
  },
};
