// Pure decisions on signing in: how long attempts stay locked out, how long what is handed out is valid, what is refused.
import type { OwnSession } from '@gathering/contract/auth';

/** A session ends so long after it was opened, whatever happens. */
export const sessionDays = 30;
/** A session that nobody used for so long has ended. */
export const idleDays = 7;
export const accessSeconds = 15 * 60;
export const ticketSeconds = 30;
/** A key signs for so long, and verifies until the last token that it signed has expired. */
export const signingDays = 30;

/** That a session or a key was used is written down at most this often. */
export const touchSeconds = 60;
/** Of one user; with one more the session that was used longest ago ends. */
export const mostSessions = 100;
export const mostApiKeys = 100;
const longestUserAgent = 200;

/** Attempts on one account, and from one address, that cost nothing but their own time. */
export const freeFailures = { account: 5, address: 20 } as const;
const firstLockSeconds = 30;
const longestLockSeconds = 15 * 60;

/** Failures older than this are forgotten. */
export const failureMemoryHours = 24;
/** Rows of failures that are kept at most; the oldest go first. */
export const mostFailureRows = 10_000;

/** A network counts as one of an account's own for so long after a sign-in from it. */
export const knownNetworkDays = 90;
/** Networks of one account that are remembered; the latest stay. */
export const mostKnownNetworks = 20;

export type FailureKind = keyof typeof freeFailures;

/** How long the next attempt must wait after so many failures: nothing at first, then doubling up to a quarter of an hour. */
export function lockSeconds(kind: FailureKind, failures: number): number {
  const beyond = failures - freeFailures[kind];
  if (beyond < 0) return 0;
  return Math.min(longestLockSeconds, firstLockSeconds * 2 ** Math.min(beyond, 10));
}

export function addSeconds(at: Date, seconds: number): Date {
  return new Date(at.getTime() + seconds * 1000);
}

/** As accounts are told apart; the address that is stored and shown stays as it was written. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}

export function addDays(at: Date, days: number): Date {
  return addSeconds(at, days * 24 * 3600);
}

export function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}

/** Why a token, cookie or key is refused. For the audit only: the caller is told none of it. */
export const refusalReasons = [
  'malformed',
  'expired',
  'other installation',
  'other algorithm',
  'unknown signing key',
  'wrong signature',
  'revoked',
  'ended or unknown',
  'user disabled',
  'no csrf token',
  'foreign origin',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export interface SessionTimes {
  readonly expiresAt: Date;
  readonly lastSeenAt: Date;
}

export function sessionHasEnded({ expiresAt, lastSeenAt }: SessionTimes, now: Date): boolean {
  return expiresAt <= now || addDays(lastSeenAt, idleDays) <= now;
}

/** As it is kept of a browser or program that names itself; what cannot be shown is left out. */
export function shortenUserAgent(userAgent: string | null | undefined): string | null {
  const shown = (userAgent ?? '').replace(/[^\x20-\x7e]/g, '').trim();
  return shown === '' ? null : shown.slice(0, longestUserAgent);
}

export type SessionKind = OwnSession['kind'];
