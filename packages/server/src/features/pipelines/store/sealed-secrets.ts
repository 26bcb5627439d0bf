// The secrets of webhooks, as they are sealed anew under another key of this installation.
import type { SealedPlace } from '../../../platform/sealed-place.ts';
import { secretContext } from '../triggers/secret-context.ts';

export const triggerSecrets: SealedPlace = {
  name: 'pipeline.triggers.sealed_secret',
  select: async (tx, afterId, limit) => {
    const { rows } = await tx.query<{ id: string; sealed: string }>(
      `select id, sealed_secret as sealed from pipeline.triggers
       where sealed_secret is not null and ($1::uuid is null or id > $1) order by id limit $2 for update`,
      [afterId, limit],
    );
    return rows.map((row) => ({ ...row, context: secretContext(row.id) }));
  },
  update: async (tx, values) => {
    await tx.query(
      `update pipeline.triggers as row set sealed_secret = given.sealed
       from unnest($1::uuid[], $2::text[]) as given (id, sealed) where row.id = given.id`,
      [values.map(({ id }) => id), values.map(({ sealed }) => sealed)],
    );
  },
};
