// What a failed call of a model shows of its vendor: whether it was there at all.
import { expect, it } from 'vitest';
import { judgeFailure } from './read-failure.ts';

const judge = (error: unknown) => judgeFailure(error, new Date('2026-11-01T10:00:00.000Z'));
const withStatus = (statusCode: number) => Object.assign(new Error('no'), { statusCode });

it('a vendor that refuses has answered, too many questions included', () => {
  expect([400, 401, 404, 408, 409, 429].map((status) => judge(withStatus(status)))).toEqual(Array(6).fill('answered'));
  expect(judge({ type: 'rate_limit_error', message: 'slow down' })).toBe('answered');
});

it('a vendor that cannot answer, breaks off or is not reached has failed, in words that hold nothing of what was asked', () => {
  expect([500, 529].map((status) => judge(withStatus(status)))).toEqual([
    { failed: 'it answered 500' },
    { failed: 'it answered 529' },
  ]);
  const unreached = new TypeError('fetch failed', {
    cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
  });
  expect(judge(unreached)).toEqual({ failed: 'the connection failed (ECONNREFUSED)' });
  const silent = Object.assign(new Error('It said nothing for 180 s about your secret.'), { isRetryable: true });
  expect(judge(silent)).toEqual({ failed: 'its answer broke off, or none came' });
});

it('a mistake of our own, or an address that is not called from here, tells nothing of the vendor', () => {
  expect(judge(new TypeError('x is not a function'))).toBe('unknown');
  expect(judge(Object.assign(new Error('private'), { code: 'egress.refused' }))).toBe('unknown');
});
