import type { Delta } from '@gathering/contract/frames';
import { expect, it } from 'vitest';
import { applyDelta, type Stream } from './apply-delta.ts';

const run = (deltas: Delta[], turnId = 't1', from?: Stream): Stream | undefined =>
  deltas.reduce<Stream | undefined>((stream, delta) => applyDelta(stream, turnId, delta), from);

it('joins tokens into text and keeps tool calls between them', () => {
  const stream = run([
    { kind: 'turn-started' },
    { kind: 'text', text: 'I ' },
    { kind: 'text', text: 'look.' },
    { kind: 'tool-called', callId: 'c', tool: 'git_log', input: { limit: 1 } },
    { kind: 'tool-ended', callId: 'c', tool: 'git_log', ok: true, output: '1 commit', durationMs: 5 },
    { kind: 'text', text: 'Done.' },
    { kind: 'turn-ended', status: 'completed', stopReason: 'completed' },
  ]);
  expect(stream?.parts).toEqual([
    { kind: 'text', text: 'I look.' },
    {
      kind: 'call',
      call: {
        callId: 'c',
        tool: 'git_log',
        input: { limit: 1 },
        result: { ok: true, output: '1 commit', durationMs: 5 },
      },
    },
    { kind: 'text', text: 'Done.' },
  ]);
  expect(stream?.ended?.status).toBe('completed');
});

it('shows the end of a call whose beginning was lost', () => {
  const stream = run([{ kind: 'tool-ended', callId: 'c', tool: 'git_log', ok: false, output: 'no', durationMs: 1 }]);
  expect(stream?.parts).toHaveLength(1);
});

it('begins anew with the next turn', () => {
  const first = run([{ kind: 'text', text: 'old' }]);
  expect(run([{ kind: 'text', text: 'new' }], 't2', first)).toEqual({
    turnId: 't2',
    parts: [{ kind: 'text', text: 'new' }],
    ended: null,
  });
});
