import { describe, expect, it } from 'vitest';
import { createLog, forRequest } from './log.ts';

function collect() {
  const lines: string[] = [];
  const log = createLog('debug', { write: (line) => void lines.push(line) });
  return { log, lines, records: () => lines.map((line) => JSON.parse(line)) };
}

describe('the log', () => {
  it('writes one JSON object a line, with the level as a word and the time as text', () => {
    const { log, records } = collect();
    log.info({ port: 4400 }, 'Ready.');
    expect(records()).toMatchObject([{ level: 'info', port: 4400, msg: 'Ready.', time: expect.stringMatching(/Z$/) }]);
  });

  it('writes nothing below its level', () => {
    const { log, lines } = collect();
    log.trace('Nothing.');
    expect(lines).toEqual([]);
  });

  it('never writes what is named like a secret', () => {
    const { log, lines } = collect();
    const secret = 'hunter2';
    log.info({ password: secret, token: secret });
    log.info({ request: { headers: { authorization: secret, cookie: secret, 'x-api-key': secret } } });
    log.info({ provider: { apiKey: secret, options: { deep: { clientSecret: secret } } } });
    expect(lines.join('')).not.toContain(secret);
    expect(lines.join('').match(/\[secret\]/g)).toHaveLength(7);
  });

  it('carries the request id', () => {
    const { log, records } = collect();
    forRequest(log, 'r1').warn('Slow.');
    expect(records()).toMatchObject([{ requestId: 'r1', msg: 'Slow.' }]);
  });
});
