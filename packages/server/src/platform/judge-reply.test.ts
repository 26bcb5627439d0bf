import { expect, it } from 'vitest';
import { type EgressCode, EgressRefused, type EgressReply } from './egress.ts';
import { judgeReply } from './judge-reply.ts';

const reply = (status: number): EgressReply => ({ status, headers: {}, bytes: new Uint8Array(), text: '', url: '' });

it('takes every answer for one, but for those with which a server says that it cannot', () => {
  const verdicts = [200, 302, 400, 404, 429, 499, 500, 503].map((status) => judgeReply({ value: reply(status) }));
  expect(verdicts.slice(0, 6)).toEqual(Array(6).fill('answered'));
  expect(verdicts.slice(6)).toEqual([{ failed: 'it answered 500' }, { failed: 'it answered 503' }]);
  expect(judgeReply({ value: reply(503) }, (status) => status === 503)).toBe('answered');
});

it('counts what was not reached, and neither what was refused here nor who went away', () => {
  const judge = (code: EgressCode, message: string) => judgeReply({ error: new EgressRefused(code, message) });
  expect(judge('egress.timeout', 'slow')).toEqual({ failed: 'it did not answer in time' });
  expect(judge('egress.failed', 'https://a.org/secret/path could not be reached: nothing listens there.')).toEqual({
    failed: 'nothing listens there',
  });
  expect(judge('egress.too-large', 'too much')).toBe('answered');
  expect(judge('egress.refused', 'private')).toBe('unknown');
  expect(judgeReply({ error: new DOMException('gone', 'AbortError') })).toBe('unknown');
});
