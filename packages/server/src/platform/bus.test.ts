// Messages between instances: bounded in bytes, nothing cut inside of a character.
import type { Delta } from '@gathering/contract/frames';
import { expect, it } from 'vitest';
import { packPieces } from './bus.ts';

type Piece = [string, string, number, Delta];
const chat = '01900000-0000-7000-8000-000000000001';
const turn = '01900000-0000-7000-8000-000000000002';
const unpack = (messages: string[]): Piece[] => messages.flatMap((message) => JSON.parse(message).pieces);

it('packs pieces in order into messages that PostgreSQL takes', () => {
  const pieces = Array.from({ length: 500 }, (_, i): Piece => [chat, turn, i, { kind: 'text', text: `word "${i}" ü` }]);
  const messages = packPieces('here', pieces);
  expect(messages.length).toBeGreaterThan(3);
  for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(7000);
  expect(unpack(messages)).toEqual(pieces);
});

it('parts a long text between characters and loses none of them', () => {
  const text = '👩‍🚀 "\u0001\\'.repeat(3000);
  const messages = packPieces('here', [[chat, turn, 1, { kind: 'text', text }]]);
  for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(7000);
  const parts = unpack(messages).map(([, , , delta]) => (delta.kind === 'text' ? delta.text : ''));
  expect(parts.join('')).toBe(text);
});

it('shortens the output of a tool and leaves a large input out', () => {
  const input = { text: 'x'.repeat(9000) };
  const messages = packPieces('here', [
    [chat, turn, 1, { kind: 'tool-called', callId: 'c', tool: 'filesystem_read', input }],
    [
      chat,
      turn,
      2,
      {
        kind: 'tool-ended',
        callId: 'c',
        tool: 'filesystem_read',
        ok: true,
        output: '\u0001'.repeat(9000),
        durationMs: 1,
      },
    ],
  ]);
  const [called, ended] = unpack(messages).map(([, , , delta]) => delta);
  expect(called).toMatchObject({ tool: 'filesystem_read', input: null });
  expect(ended?.kind === 'tool-ended' && ended.output).toBe('\u0001'.repeat(1000));
});
