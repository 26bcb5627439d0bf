import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { keepLooking, type Lookout } from './keep-looking.ts';
import { makeWakeUp } from './wake-up.ts';

const hour = 3_600_000;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function start(look: () => Promise<number>, options: Partial<Lookout> = {}) {
  const wakeUp = makeWakeUp();
  const log = { info: vi.fn(), warn: vi.fn() };
  const words = { failing: 'It fails.', again: 'It works again.' };
  const stop = keepLooking({ look, hear: wakeUp.on, gapMs: 0, log, words, ...options });
  stops.push(stop);
  return { stop, log, wake: wakeUp.announce };
}

test('looks at once, then rests until it is woken', async () => {
  const look = vi.fn(async () => hour);
  const { wake } = start(look);
  await vi.waitFor(() => expect(look).toHaveBeenCalledTimes(1));
  wake();
  await vi.waitFor(() => expect(look).toHaveBeenCalledTimes(2));
});

test('looks again without being woken when it is time, and at once where there is more', async () => {
  const rests = [0, 0, 5];
  const look = vi.fn(async () => rests.shift() ?? hour);
  start(look, { gapMs: 1 });
  await vi.waitFor(() => expect(look).toHaveBeenCalledTimes(4));
});

test('a wake-up during a look is not lost', async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const look = vi.fn(async () => hour).mockImplementationOnce(() => promise);
  const { wake } = start(look);
  wake();
  resolve(hour);
  await vi.waitFor(() => expect(look).toHaveBeenCalledTimes(2));
});

test('many wake-ups within the gap are one look', async () => {
  const look = vi.fn(async () => hour);
  const { wake } = start(look, { gapMs: 200 });
  for (let count = 0; count < 20; count += 1) {
    wake();
    await sleep(1);
  }
  await vi.waitFor(() => expect(look).toHaveBeenCalledTimes(2));
});

test('a failure ends nothing and is told once, as is its end', async () => {
  const look = vi
    .fn(async () => hour)
    .mockRejectedValueOnce(new Error('The first'))
    .mockRejectedValueOnce(new Error('The second'));
  const { log, wake } = start(look);
  await vi.waitFor(() => expect(log.warn).toHaveBeenCalledTimes(1));
  wake();
  await vi.waitFor(() => expect(look).toHaveBeenCalledTimes(2));
  expect(log.info).not.toHaveBeenCalled();
  wake();
  await vi.waitFor(() => expect(log.info).toHaveBeenCalledWith('It works again.'));
  expect(log.warn).toHaveBeenCalledTimes(1);
  expect(log.warn).toHaveBeenCalledWith({ err: expect.objectContaining({ message: 'The first' }) }, 'It fails.');
});

test('to stop ends the rest, waits for the look that runs, and hears nothing more', async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const look = vi.fn(() => promise);
  const { stop, wake } = start(look);
  let isOver = false;
  const over = stop().then(() => {
    isOver = true;
  });
  wake();
  await sleep(10);
  expect(isOver).toBe(false);
  resolve(hour);
  await over;
  expect(look).toHaveBeenCalledTimes(1);
});
