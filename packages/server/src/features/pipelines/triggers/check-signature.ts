// Whether a webhook was signed by whoever has its secret, and just now: HMAC-SHA256 over `<timestamp>.<body>`.
import { createHmac } from 'node:crypto';
import type { Fault } from '@gathering/contract/errors';
import { signatureHeader, timestampHeader } from '@gathering/contract/pipelines-triggers';
import { equalSecrets } from '../../../platform/tokens.ts';

export interface Signed {
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  /** As it came: a body that was read and written again is another text. */
  readonly body: string;
}

export interface Verified {
  /** The signature in small letters: it is taken once. */
  readonly signature: string;
  readonly signedAt: Date;
}

export function signHook(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

/** Every fault of both header fields, or what was signed when. */
export function checkSignature(
  secret: string,
  { timestamp, signature, body }: Signed,
  windowSeconds: number,
  now: Date,
): { readonly faults: Fault[] } | Verified {
  const signedAt = readTimestamp(timestamp);
  const given = signature?.toLowerCase();
  const faults = [
    ...faultsOfTimestamp(timestamp, signedAt, windowSeconds, now),
    ...faultsOfSignature(
      given,
      given === undefined || timestamp === undefined ? null : signHook(secret, timestamp, body),
    ),
  ];
  if (faults.length > 0 || given === undefined || signedAt === null) return { faults };
  return { signature: given, signedAt };
}

function readTimestamp(text: string | undefined): Date | null {
  return text !== undefined && /^\d{1,12}$/.test(text) ? new Date(Number(text) * 1000) : null;
}

function faultsOfTimestamp(text: string | undefined, at: Date | null, windowSeconds: number, now: Date): Fault[] {
  const about = { at: `/${timestampHeader}`, in: 'headers' as const };
  const example = String(Math.floor(now.getTime() / 1000));
  if (text === undefined)
    return [{ ...about, rule: 'missing', message: 'The time of signing is missing: seconds since 1970.', example }];
  if (at === null)
    return [
      { ...about, rule: 'form', message: 'The time of signing is a whole number of seconds.', got: text, example },
    ];
  const apart = Math.round(Math.abs(now.getTime() - at.getTime()) / 1000);
  if (apart <= windowSeconds) return [];
  const message = `It was signed ${apart} seconds from now; at most ${windowSeconds} are accepted.`;
  return [{ ...about, rule: 'replay-window', message, got: text, example }];
}

function faultsOfSignature(given: string | undefined, expected: string | null): Fault[] {
  const about = { at: `/${signatureHeader}`, in: 'headers' as const, example: 'sha256=<64 hexadecimal digits>' };
  if (given === undefined) return [{ ...about, rule: 'missing', message: 'The signature is missing.' }];
  if (!/^sha256=[0-9a-f]{64}$/.test(given))
    return [{ ...about, rule: 'form', message: 'The signature is `sha256=` and 64 hexadecimal digits.' }];
  if (expected === null || equalSecrets(given, expected)) return [];
  return [{ ...about, rule: 'signature', message: 'The signature does not fit timestamp and body.' }];
}
