// The keys that access tokens are signed with: made when one is needed, sealed in the database, another one every 30 days.
// Invariant: of any number of instances that need a key at once one makes it, and every instance finds every key that still verifies.
import { generateKeyPairSync } from 'node:crypto';
import { type CryptoKey, importJWK } from 'jose';
import type { Ctx, Tx } from '../../ctx.ts';
import { type BoundedMap, createBoundedMap } from '../../platform/bounded-map.ts';
import type { Database } from '../../platform/db/database.ts';
import { SecretKeyFault } from '../../platform/secrets.ts';
import { randomToken } from '../../platform/tokens.ts';
import { recordAudit } from '../audit/index.ts';
import { accessSeconds, addDays, addSeconds, signingDays } from './rules.ts';
import {
  insertSigningKey,
  lockSigningKeys,
  type SigningKey,
  selectInstanceId,
  selectPublicKey,
  selectSigningKeys,
} from './store-keys.ts';

export type SigningCtx = Pick<Ctx, 'database' | 'tx' | 'clock' | 'ids' | 'actor' | 'requestId' | 'secrets' | 'log'>;

/** What never changes of a database: its name, and the keys behind key ids. */
interface Facts {
  instanceId: Promise<string> | undefined;
  readonly publicKeys: BoundedMap<CryptoKey>;
  readonly privateKeys: BoundedMap<CryptoKey>;
}

const mostKeys = 50;
const kidForm = /^[\w-]{22}$/;
const factsOf = new WeakMap<Database, Facts>();

function knownOf(database: Database): Facts {
  const known = factsOf.get(database) ?? {
    instanceId: undefined,
    publicKeys: createBoundedMap<CryptoKey>(mostKeys),
    privateKeys: createBoundedMap<CryptoKey>(mostKeys),
  };
  factsOf.set(database, known);
  return known;
}

export async function readInstanceId(database: Database): Promise<string> {
  const known = knownOf(database);
  known.instanceId ??= selectInstanceId(database);
  try {
    return await known.instanceId;
  } catch (error) {
    // Asked again the next time.
    known.instanceId = undefined;
    throw error;
  }
}

/** The key that signs now. */
export async function openSigningKey(ctx: SigningCtx): Promise<{ kid: string; key: CryptoKey }> {
  const stored = findUsable(ctx, await selectSigningKeys(ctx.database, ctx.clock.now()));
  const { kid, publicKey, privateKey } = stored ?? (await ctx.tx((tx) => makeKey(ctx, tx)));
  const known = knownOf(ctx.database).privateKeys;
  const key = known.get(kid) ?? (await importPrivate(publicKey, privateKey));
  known.set(kid, key);
  return { kid, key };
}

/** Undefined: no key of this installation, or one whose last token has expired. */
export async function findPublicKey(
  { database, clock }: Pick<Ctx, 'database' | 'clock'>,
  kid: string,
): Promise<CryptoKey | undefined> {
  if (!kidForm.test(kid)) return undefined;
  const known = knownOf(database).publicKeys.get(kid);
  if (known !== undefined) return known;
  const publicKey = await selectPublicKey(database, kid, clock.now());
  if (publicKey === undefined) return undefined;
  const key = await importKey({ kty: 'OKP', crv: 'Ed25519', x: publicKey });
  knownOf(database).publicKeys.set(kid, key);
  return key;
}

interface UsableKey {
  readonly kid: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

/** The newest that this server's secret key opens: one that was sealed with a key that is lost locks nobody out. */
function findUsable(
  { secrets, log }: Pick<Ctx, 'secrets' | 'log'>,
  keys: readonly SigningKey[],
): UsableKey | undefined {
  for (const { kid, publicKey, sealedPrivateKey } of keys) {
    try {
      return { kid, publicKey, privateKey: secrets.unseal(sealedPrivateKey, sealedAs(kid)) };
    } catch (error) {
      if (!(error instanceof SecretKeyFault)) throw error;
      log.warn({ err: error, kid }, 'A signing key cannot be opened with the secret key of this server.');
    }
  }
  return undefined;
}

/** What a sealed signing key is bound to. */
export function sealedAs(kid: string): string {
  return `auth/signing-keys/${kid}`;
}

async function makeKey(ctx: SigningCtx, tx: Tx): Promise<UsableKey> {
  await lockSigningKeys(tx);
  const now = ctx.clock.now();
  const made = findUsable(ctx, await selectSigningKeys(tx, now));
  if (made !== undefined) return made;
  const { x: publicKey = '', d: privateKey = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const kid = randomToken(16);
  const signsUntil = addDays(now, signingDays);
  await insertSigningKey(tx, {
    kid,
    publicKey,
    sealedPrivateKey: ctx.secrets.seal(privateKey, sealedAs(kid)),
    signsUntil,
    verifiesUntil: addSeconds(signsUntil, accessSeconds),
  });
  await recordAudit(ctx, tx, { action: 'auth.make-signing-key', object: `signing-keys/${kid}` });
  return { kid, publicKey, privateKey };
}

function importPrivate(publicKey: string, privateKey: string): Promise<CryptoKey> {
  return importKey({ kty: 'OKP', crv: 'Ed25519', x: publicKey, d: privateKey });
}

async function importKey(jwk: { kty: string; crv: string; x: string; d?: string }): Promise<CryptoKey> {
  const key = await importJWK(jwk, 'EdDSA');
  if (key instanceof Uint8Array) throw new Error('A signing key is no key pair.');
  return key;
}
