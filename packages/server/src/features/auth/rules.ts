// Pure decisions on signing in: how long attempts stay locked out, how long what is handed out is valid, what is refused;
// and who may change whom.
import type { OwnSession } from '@gathering/contract/auth';
import type { ErrorCode } from '@gathering/contract/errors';
import { mayManageRole, type Role } from '@gathering/contract/permissions';

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
export const resetLinkHours = 24;
export const invitationDays = 7;
export const mostInvitations = 100;
/** A second factor that was begun must get its first code within this time. */
export const secondFactorSetupMinutes = 30;

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
  return normalizeText(email.trim());
}

/** As texts are compared and searched. */
export function normalizeText(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Who changes something about a user. */
export interface UserManager {
  /** Null: the system, as for a command on this machine. */
  readonly id: string | null;
  readonly role: Role;
}

export interface ManagedUser {
  readonly id: string;
  readonly role: Role;
  readonly disabledAt: string | null;
}

export interface UserChange {
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
  readonly removed?: boolean;
  /** What a person proves for themselves, and nobody waives for their own account. */
  readonly waivesProof?: boolean;
}

/** Null: go ahead. `ownersLeft`: owners who can sign in, besides this user. */
export function refuseUserChange(
  manager: UserManager,
  user: ManagedUser,
  change: UserChange,
  ownersLeft: number,
): ErrorCode | null {
  if (!mayManageRole(manager.role, user.role)) return 'auth.role-above-own';
  if (change.role !== undefined && !mayManageRole(manager.role, change.role)) return 'auth.role-above-own';
  const losesRole = change.role !== undefined && change.role !== user.role && mayManageRole(user.role, change.role);
  const goes = losesRole || change.disabled === true || change.removed === true;
  if (user.role === 'owner' && user.disabledAt === null && goes && ownersLeft === 0) return 'auth.last-owner';
  if (user.id === manager.id && (goes || change.waivesProof === true)) return 'auth.not-yourself';
  return null;
}

export function addDays(at: Date, days: number): Date {
  return addSeconds(at, days * 24 * 3600);
}

export function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}

/** Why a token, cookie or key, or a further try at a password, is refused. For the audit only: the caller is told none of it. */
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
  'locked out',
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
