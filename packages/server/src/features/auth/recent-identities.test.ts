import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RecentIdentities } from './recent-identities.ts';
import type { KeyIdentity } from './store-identity.ts';

const identity: KeyIdentity = {
  apiKeyId: 'key',
  userId: 'user',
  role: 'member',
  isDisabled: false,
  projectIds: [],
  scopes: null,
  expiresAt: null,
  lastUsedAt: null,
};
const disabled = { ...identity, isDisabled: true };

/** A database that is asked for one key, and how often it was. */
function startDatabase() {
  const state = { holds: identity as KeyIdentity | undefined, asked: 0, isLost: false };
  const ask = async () => {
    state.asked += 1;
    if (state.isLost) throw new Error('lost');
    return state.holds;
  };
  return { state, ask };
}

function start(hears = true) {
  const identities = new RecentIdentities();
  identities.setHearing(hears);
  const { state, ask } = startDatabase();
  return { identities, state, ask, find: () => identities.keys.find('hash', ask) };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('who was found a moment ago', () => {
  it('is not asked for again', async () => {
    const { state, find } = start();
    expect([await find(), await find(), state.asked]).toEqual([identity, identity, 1]);
  });

  it('is asked for each time while nothing is heard of changes, and after that was so', async () => {
    const { identities, state, find } = start(false);
    await find();
    await find();
    expect(state.asked).toBe(2);
    identities.setHearing(true);
    await find();
    await find();
    expect(state.asked).toBe(3);
    identities.setHearing(false);
    await find();
    await find();
    expect(state.asked).toBe(5);
  });

  it('is asked for again after a change', async () => {
    const { identities, state, find } = start();
    await find();
    state.holds = disabled;
    expect(await find()).toEqual(identity);
    identities.clear();
    expect(await find()).toEqual(disabled);
  });

  it('is not kept when a change came between the question and its answer', async () => {
    const { identities, state, ask } = start();
    const answer = Promise.withResolvers<void>();
    const slow = identities.keys.find('hash', async () => {
      const found = await ask();
      await answer.promise;
      return found;
    });
    state.holds = disabled;
    identities.clear();
    answer.resolve();
    expect(await slow).toEqual(identity);
    expect(await identities.keys.find('hash', ask)).toEqual(disabled);
  });

  it('is answered for 800 ms at most, also when no word of a change arrives', async () => {
    const { state, find } = start();
    await find();
    state.holds = disabled;
    vi.advanceTimersByTime(799);
    expect(await find()).toEqual(identity);
    const { state: later, find: findLater } = start();
    await findLater();
    later.holds = disabled;
    vi.advanceTimersByTime(800);
    expect(await findLater()).toEqual(disabled);
  });

  it('is asked for beside the answer from 400 ms on, by one of many', async () => {
    const { state, find } = start();
    await find();
    vi.advanceTimersByTime(399);
    await find();
    expect(state.asked).toBe(1);
    vi.advanceTimersByTime(1);
    state.holds = disabled;
    expect(await Promise.all([find(), find(), find()])).toEqual([identity, identity, identity]);
    await settle();
    expect(state.asked).toBe(2);
    expect(await find()).toEqual(disabled);
  });

  it('is nobody any more once the database does not answer', async () => {
    const { state, find } = start();
    await find();
    state.isLost = true;
    vi.advanceTimersByTime(400);
    expect(await find()).toEqual(identity);
    await settle();
    await expect(find()).rejects.toThrow('lost');
  });

  it('is forgotten when the credential is found gone', async () => {
    const { state, find } = start();
    await find();
    state.holds = undefined;
    vi.advanceTimersByTime(400);
    await find();
    await settle();
    expect(await find()).toBeUndefined();
  });
});

it('asks for the unknown each time, so that a new credential works at once', async () => {
  const { state, find } = start();
  state.holds = undefined;
  expect(await find()).toBeUndefined();
  state.holds = identity;
  expect(await find()).toEqual(identity);
});
