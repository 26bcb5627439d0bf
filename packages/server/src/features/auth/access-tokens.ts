// Access tokens of programs: JWTs of 15 minutes, signed by a key of this installation. What a token says is true as long as
// its signature is; whether its session still lasts is asked of the database with every request, never here.
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Ctx } from '../../ctx.ts';
import { type BoundedMap, createBoundedMap } from '../../platform/bounded-map.ts';
import type { Database } from '../../platform/db/database.ts';
import { hashToken, randomToken } from '../../platform/tokens.ts';
import { accessSeconds, addSeconds, earlier, type RefusalReason } from './rules.ts';
import { findPublicKey, openSigningKey, readInstanceId, type SigningCtx } from './signing-keys.ts';

export interface AccessToken {
  readonly accessToken: string;
  readonly jtiHash: string;
  readonly expiresAt: Date;
}

export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly jtiHash: string;
  readonly expiresAt: Date;
}

const algorithm = 'EdDSA';
const tokenType = 'at+jwt';
/** Tokens whose signature was found right, by their hash. */
const mostVerified = 5_000;
const verifiedOf = new WeakMap<Database, BoundedMap<AccessClaims>>();

const issuerOf = (instanceId: string): string => `urn:gathering:${instanceId}`;
const audienceOf = (instanceId: string): string => `urn:gathering:${instanceId}:api`;

export async function signAccessToken(
  ctx: SigningCtx,
  { userId, sessionId, notAfter }: { userId: string; sessionId: string; notAfter: Date },
): Promise<AccessToken> {
  const [{ kid, key }, instanceId] = [await openSigningKey(ctx), await readInstanceId(ctx.database)];
  const now = ctx.clock.now();
  const jti = randomToken(16);
  // Whole seconds, as the token has them.
  const expiresAt = new Date(Math.floor(earlier(addSeconds(now, accessSeconds), notAfter).getTime() / 1000) * 1000);
  const accessToken = await new SignJWT({ sid: sessionId })
    .setProtectedHeader({ alg: algorithm, kid, typ: tokenType })
    .setIssuer(issuerOf(instanceId))
    .setAudience(audienceOf(instanceId))
    .setSubject(userId)
    .setJti(jti)
    .setIssuedAt(now)
    .setExpirationTime(expiresAt)
    .sign(key);
  return { accessToken, jtiHash: hashToken(jti), expiresAt };
}

/** What the token says, or why it is none of ours. Throws only when the database does not answer. */
export async function readAccessToken(
  ports: Pick<Ctx, 'database' | 'clock'>,
  token: string,
): Promise<AccessClaims | RefusalReason> {
  const verified = verifiedOf.get(ports.database) ?? createBoundedMap<AccessClaims>(mostVerified);
  verifiedOf.set(ports.database, verified);
  const tokenHash = hashToken(token);
  const known = verified.get(tokenHash);
  if (known !== undefined) return known.expiresAt > ports.clock.now() ? known : 'expired';
  const found = await verifyToken(ports, token);
  if (typeof found !== 'string') verified.set(tokenHash, found);
  return found;
}

async function verifyToken(
  ports: Pick<Ctx, 'database' | 'clock'>,
  token: string,
): Promise<AccessClaims | RefusalReason> {
  const header = readHeader(token);
  if (header === undefined) return 'malformed';
  if (header.alg !== algorithm) return 'other algorithm';
  const key = await findPublicKey(ports, header.kid ?? '');
  if (key === undefined) return 'unknown signing key';
  const instanceId = await readInstanceId(ports.database);
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      typ: tokenType,
      issuer: issuerOf(instanceId),
      audience: audienceOf(instanceId),
      requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp'],
      currentDate: ports.clock.now(),
    });
    return claimsOf(payload);
  } catch (error) {
    if (error instanceof errors.JOSEError) return reasonOf(error);
    throw error;
  }
}

function readHeader(token: string): { alg?: string; kid?: string } | undefined {
  try {
    return decodeProtectedHeader(token);
  } catch {
    // Not a token at all, whatever else it is.
    return undefined;
  }
}

function claimsOf({ sub, jti, sid, exp }: JWTPayload): AccessClaims | RefusalReason {
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof jti !== 'string' || exp === undefined) {
    return 'malformed';
  }
  return { userId: sub, sessionId: sid, jtiHash: hashToken(jti), expiresAt: new Date(exp * 1000) };
}

function reasonOf(error: errors.JOSEError): RefusalReason {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'wrong signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'other algorithm';
  const isForeign = error instanceof errors.JWTClaimValidationFailed && ['iss', 'aud'].includes(error.claim);
  return isForeign ? 'other installation' : 'malformed';
}
