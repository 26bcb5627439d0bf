// The sealed secrets of auth, as they are sealed anew under another key of this installation.
import type { SealedPlace } from '../../platform/sealed-place.ts';
import { sealedAs } from './signing-keys.ts';
import { factorContext } from './take-code.ts';

export const signingKeys: SealedPlace = {
  name: 'auth.signing_keys.sealed_private_key',
  select: async (tx, afterId, limit) => {
    const { rows } = await tx.query<{ id: string; sealed: string }>(
      `select kid as id, sealed_private_key as sealed from auth.signing_keys
       where $1::text is null or kid > $1 order by kid limit $2 for update`,
      [afterId, limit],
    );
    return rows.map((row) => ({ ...row, context: sealedAs(row.id) }));
  },
  update: async (tx, values) => {
    await tx.query(
      `update auth.signing_keys as row set sealed_private_key = given.sealed
       from unnest($1::text[], $2::text[]) as given (id, sealed) where row.kid = given.id`,
      [values.map(({ id }) => id), values.map(({ sealed }) => sealed)],
    );
  },
};

export const secondFactors: SealedPlace = {
  name: 'auth.second_factors.sealed_secret',
  select: async (tx, afterId, limit) => {
    const { rows } = await tx.query<{ id: string; sealed: string }>(
      `select user_id as id, sealed_secret as sealed from auth.second_factors
       where $1::uuid is null or user_id > $1 order by user_id limit $2 for update`,
      [afterId, limit],
    );
    return rows.map((row) => ({ ...row, context: factorContext(row.id) }));
  },
  update: async (tx, values) => {
    await tx.query(
      `update auth.second_factors as row set sealed_secret = given.sealed
       from unnest($1::uuid[], $2::text[]) as given (id, sealed) where row.user_id = given.id`,
      [values.map(({ id }) => id), values.map(({ sealed }) => sealed)],
    );
  },
};
