// Where signing in leads to.
/** Only a path of ours: an address with a host could lead anywhere. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/';
}
