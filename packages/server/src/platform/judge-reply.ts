// What a call through the egress guard showed of its host: whether it was there at all, not whether it liked what it was asked.
import type { Outcome, Verdict } from './breakers.ts';
import { EgressRefused, type EgressReply } from './egress.ts';
import { hideCredentials } from './redact.ts';

/** `isFine`: the caller wants this status, also where it tells of a fault of the server (RFC 9110, 15.6). */
export function judgeReply(outcome: Outcome<EgressReply>, isFine: (status: number) => boolean = () => false): Verdict {
  if ('value' in outcome) {
    const { status } = outcome.value;
    return status >= 500 && !isFine(status) ? { failed: `it answered ${status}` } : 'answered';
  }
  const { error } = outcome;
  if (!(error instanceof EgressRefused)) return 'unknown';
  switch (error.code) {
    case 'egress.timeout':
      return { failed: 'it did not answer in time' };
    case 'egress.failed':
      return { failed: reasonOf(error.message) };
    case 'egress.too-large':
      return 'answered';
    case 'egress.refused':
      return 'unknown';
  }
}

/** Without the address, whose path is nobody else's business. */
function reasonOf(message: string): string {
  const at = message.lastIndexOf('could not be reached: ');
  const reason = at < 0 ? 'it could not be reached' : message.slice(at + 'could not be reached: '.length);
  return hideCredentials(reason).replace(/\.$/, '').slice(0, 200);
}
