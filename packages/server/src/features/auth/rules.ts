// Pure decisions on signing in: how long attempts stay locked out, how long what is handed out is valid; and who may
// change whom.
import type { ErrorCode } from '@gathering/contract/errors';
import { mayManageRole, type Role } from '@gathering/contract/permissions';

export const sessionDays = 30;
export const ticketSeconds = 30;
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

/** An IPv6 customer has a whole /64 to choose addresses from; all of it counts as one. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [before = '', after] = address.split('%')[0]?.split('::') ?? [];
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros =
    after === undefined ? [] : Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  const groups = [...head, ...zeros, ...tail].map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
  return `${groups.slice(0, 4).join(':')}::/64`;
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
