// When a circuit breaker opens and for how long, as pure decisions: the pattern of M. Nygard, "Release It!" (2007), chapter 5.2,
// with the half-open state and the counting window of the Azure Architecture Center, "Circuit Breaker pattern".

/** Failures in a row that open a closed breaker. */
export const failuresToOpen = 5;
/** A failure is no longer one of a row when the next comes later than this. */
export const failureWindowMs = 5 * 60_000;
const firstPauseMs = 30_000;
const longestPauseMs = 10 * 60_000;
/** So long it has to stay closed, until its next opening counts as the first again. */
const steadyMs = 10 * 60_000;
/** After so long a probe counts as lost, with its process, and the next call is one. */
export const probeMs = 120_000;

/** How long it stays open: twice as long at each opening in a row. */
export function pauseOf(timesOpened: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(20, Math.max(0, timesOpened - 1)));
}

/** The number of this opening in a row. `closedAt`: since when it was closed; null: always, or a person closed it. */
export function countOpening(timesOpened: number, closedAt: Date | null, now: Date): number {
  if (closedAt === null || now.getTime() - closedAt.getTime() >= steadyMs) return 1;
  return timesOpened + 1;
}

/** What targets are made of, so that events and audit entries can name them as what they are about. */
const nameForm = /[^A-Za-z0-9._:-]/g;

export const targetKinds = ['vendor', 'host', 'tool'] as const;
type TargetKind = (typeof targetKinds)[number];

/** `<kind>/<name>`; of a long name its end, which tells hosts apart best. */
export function targetOf(kind: TargetKind, name: string): string {
  return `${kind}/${name.replace(nameForm, '-').slice(-200)}`;
}

/** The host and port of an address; null: it is none that could be called. */
export function hostTarget(address: string): string | null {
  const url = URL.parse(address);
  if (url === null || url.hostname === '' || !/^https?:$/.test(url.protocol)) return null;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return targetOf('host', `${host}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`);
}
