// All SQL on what tokens are signed with, and on the name of this installation.
import type { Database, Tx } from '../../platform/db/database.ts';

type Reader = Pick<Database, 'query'> | Pick<Tx, 'query'>;

export async function selectInstanceId(from: Reader): Promise<string> {
  const { rows } = await from.query<{ id: string }>('select id from auth.instance');
  if (rows[0] === undefined) throw new Error('This database does not know its own name: auth.instance is empty.');
  return rows[0].id;
}

export interface SigningKey {
  readonly kid: string;
  /** `x` of the JWK. */
  readonly publicKey: string;
  readonly sealedPrivateKey: string;
}

/** The newest first. */
export async function selectSigningKeys(from: Reader, now: Date): Promise<SigningKey[]> {
  const { rows } = await from.query<SigningKey>(
    `select kid, public_key as "publicKey", sealed_private_key as "sealedPrivateKey"
     from auth.signing_keys where signs_until > $1 order by signs_until desc, kid`,
    [now],
  );
  return rows;
}

export async function selectPublicKey(from: Reader, kid: string, now: Date): Promise<string | undefined> {
  const { rows } = await from.query<{ publicKey: string }>(
    'select public_key as "publicKey" from auth.signing_keys where kid = $1 and verifies_until > $2',
    [kid, now],
  );
  return rows[0]?.publicKey;
}

/** Whoever makes a key holds this until its transaction ends; reading goes on meanwhile. */
export async function lockSigningKeys(tx: Tx): Promise<void> {
  await tx.query('lock table auth.signing_keys in share row exclusive mode');
}

export async function insertSigningKey(
  tx: Tx,
  key: SigningKey & { signsUntil: Date; verifiesUntil: Date },
): Promise<void> {
  await tx.query(
    `insert into auth.signing_keys (kid, public_key, sealed_private_key, signs_until, verifies_until)
     values ($1, $2, $3, $4, $5)`,
    [key.kid, key.publicKey, key.sealedPrivateKey, key.signsUntil, key.verifiesUntil],
  );
}
