// Pure decisions on signing in: how long attempts stay locked out, how long what is handed out is valid.
export const sessionDays = 30;
export const ticketSeconds = 30;

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
