// Codes of authenticator apps (TOTP, RFC 6238: six digits, SHA-1, 30 s) and recovery codes: made and read, nothing stored.
import { generateSecret, generateURI, verifySync } from 'otplib';
import { hashToken } from '../../platform/tokens.ts';

/** RFC 4226 asks for 160 bits. */
const secretBytes = 20;
const toleranceSeconds = 30;
export const recoveryCodeCount = 10;
/** 80 bits each: out of reach of guessing, so a fast hash keeps them. */
const recoveryBytes = 10;

export function makeFactorSecret(email: string): { readonly secret: string; readonly uri: string } {
  const secret = generateSecret({ length: secretBytes });
  return { secret, uri: generateURI({ issuer: 'GatheRing', label: email, secret }) };
}

/** Spaces and dashes are for the eye. */
export function plainCode(code: string): string {
  return code.replace(/[\s-]/g, '').toLowerCase();
}

export function isTimeCode(code: string): boolean {
  return /^[0-9]{6}$/.test(code);
}

/** The time step that the code belongs to, now or one step away; null: it is wrong. */
export function findStep(secret: string, code: string, now: Date): number | null {
  if (!isTimeCode(code)) return null;
  const epoch = Math.floor(now.getTime() / 1000);
  const result = verifySync({ secret, token: code, epoch, epochTolerance: toleranceSeconds });
  return result.valid && 'timeStep' in result ? result.timeStep : null;
}

/** Letters and digits that cannot be taken for each other (base 32), in groups of four. */
export function makeRecoveryCodes(): string[] {
  return Array.from({ length: recoveryCodeCount }, () =>
    (generateSecret({ length: recoveryBytes }).toLowerCase().match(/.{4}/g) ?? []).join('-'),
  );
}

export function hashRecoveryCode(code: string): string {
  return hashToken(`recovery ${plainCode(code)}`);
}
