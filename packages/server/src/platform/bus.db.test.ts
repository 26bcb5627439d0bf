// Pieces of answers inside one process and between two.
import type { Delta } from '@gathering/contract/frames';
import { expect, it } from 'vitest';
import { eachDatabase, openPlace } from '../../test/db.ts';
import { createDeltaBus } from './bus.ts';
import type { Database } from './db/database.ts';
import { createLog } from './log.ts';

const log = createLog('silent');
const chat = '01900000-0000-7000-8000-000000000001';
const turn = '01900000-0000-7000-8000-000000000002';
const text = (words: string): Delta => ({ kind: 'text', text: words });

eachDatabase((open, makePlace, kind) => {
  it('delivers to every subscriber of the process at once, and goes on when one of them throws', async () => {
    const bus = createDeltaBus(await open(), log);
    const heard: unknown[] = [];
    bus.subscribe(() => {
      throw new Error('broken');
    });
    const stop = bus.subscribe((...piece) => heard.push(piece));
    bus.publish(chat, turn, 1, text('a'));
    expect(heard).toEqual([[chat, turn, 1, text('a')]]);
    stop();
    bus.publish(chat, turn, 2, text('b'));
    expect(heard).toHaveLength(1);
    await bus.close();
  });

  if (kind === 'embedded') return;

  it('brings a turn to another instance whole and in order, its texts merged, and nothing back to the sender', async () => {
    const place = await makePlace();
    const [here, there] = [await openPlace(place), await openPlace(place)];
    const [sender, receiver] = [createDeltaBus(here, log), createDeltaBus(there, log)];
    await Promise.all([sender.listening, receiver.listening]);
    const [echoes, pieces]: [number[], { sequence: number; delta: Delta }[]] = [[], []];
    const ended = Promise.withResolvers<void>();
    sender.subscribe((_chat, _turn, sequence) => echoes.push(sequence));
    receiver.subscribe((chatId, turnId, sequence, delta) => {
      expect([chatId, turnId]).toEqual([chat, turn]);
      pieces.push({ sequence, delta });
      if (delta.kind === 'turn-ended') ended.resolve();
    });
    sender.publish(chat, turn, 0, { kind: 'turn-started' });
    const words = Array.from({ length: 3000 }, (_, i) => `word${i} `);
    for (const [index, word] of words.entries()) sender.publish(chat, turn, index + 1, text(word));
    sender.publish(chat, turn, 3001, { kind: 'turn-ended', status: 'completed', stopReason: 'completed' });
    await ended.promise;
    expect(pieces.map(({ delta }) => (delta.kind === 'text' ? delta.text : '')).join('')).toBe(words.join(''));
    expect(pieces.length).toBeLessThan(100);
    expect(pieces.map(({ sequence }) => sequence)).toEqual(
      pieces.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
    );
    expect(echoes).toHaveLength(3002);
    await Promise.all([sender.close(), receiver.close()]);
    await Promise.all([here.close(), there.close()]);
  });

  it('neither throws nor waits when the database cannot be reached, and works again after', async () => {
    const database = await open();
    let broken = true;
    const tried = Promise.withResolvers<void>();
    const faulty: Database = {
      ...database,
      notify: (channel, payload) => {
        if (!broken) return database.notify(channel, payload);
        tried.resolve();
        return Promise.reject(new Error('connection lost'));
      },
    };
    const [sender, receiver] = [createDeltaBus(faulty, log), createDeltaBus(database, log)];
    await Promise.all([sender.listening, receiver.listening]);
    const heard = Promise.withResolvers<Delta>();
    receiver.subscribe((_chat, _turn, _sequence, delta) => heard.resolve(delta));
    sender.publish(chat, turn, 1, text('lost'));
    await tried.promise;
    broken = false;
    sender.publish(chat, turn, 2, text('kept'));
    expect(await heard.promise).toEqual(text('kept'));
    await Promise.all([sender.close(), receiver.close()]);
  });
});
