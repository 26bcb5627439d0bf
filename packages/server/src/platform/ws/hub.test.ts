// The hub over real sockets, with events from memory: who gets in, what is answered, what a bad or slow client costs.
import { AppError } from '@gathering/contract/errors';
import { type GatheringEvent, matchesTopic } from '@gathering/contract/events';
import { describe, expect, it } from 'vitest';
import { type Actor, chat, makeEvent, makeEvents, startHub, turn } from '../../../test/hub-world.ts';
import { openRawSocket } from '../../../test/raw-socket-client.ts';
import { connectSocket } from '../../../test/socket-client.ts';
import { waitFor } from '../../../test/wait-for.ts';
import { TokenBucket } from '../token-bucket.ts';
import { isOriginAllowed } from './check-origin.ts';
import type { Audience, EventSource } from './live-events.ts';
import { isOfTopics } from './subscription.ts';

const subjectsOf = (frames: readonly { type: string }[]) =>
  frames.flatMap((frame) => ('event' in frame ? [(frame.event as GatheringEvent).subject] : []));

describe('opening a socket', () => {
  it('welcomes the holder of a ticket with the present cursor and the version', async () => {
    const { address, events } = await startHub();
    events.emit(makeEvent('nodes/1'), makeEvent('nodes/2'));
    const client = await connectSocket(address);
    expect(await client.take('welcome')).toEqual({ type: 'welcome', cursor: '2-1', version: '1.2.3' });
  });

  it('closes a socket without a valid ticket with the code that asks for a new one, and carries nothing out for it', async () => {
    const { address, events } = await startHub();
    const client = await connectSocket(address, { ticket: 'bad' });
    client.send({ type: 'subscribe', topics: ['*'] });
    expect((await client.closed).code).toBe(4401);
    expect(client.frames).toMatchObject([{ type: 'error', code: 'auth.ticket-invalid' }]);
    expect(events.isRead).toBe(false);
  });

  it('asks to try again later while tickets cannot be checked', async () => {
    const { address } = await startHub({ redeemTicket: () => Promise.reject(new Error('no database')) });
    expect((await (await connectSocket(address)).closed).code).toBe(1013);
  });

  it('refuses pages of other origins, and more clients than it can bear', async () => {
    const { address } = await startHub({ limits: { maxConnections: 2 } });
    await expect(connectSocket(address, { headers: { origin: 'https://evil.example' } })).rejects.toThrow('refused');
    await connectSocket(address, { headers: { origin: address } });
    await connectSocket(address, { headers: { origin: 'https://friend.example' } });
    await expect(connectSocket(address)).rejects.toThrow('refused');
  });

  it('compares origins with their default ports and trusts nothing that is not an address', () => {
    expect(isOriginAllowed('https://home.example', 'home.example:443', [])).toBe(true);
    expect(isOriginAllowed('http://home.example:4400', 'home.example', [])).toBe(false);
    expect(isOriginAllowed('null', 'home.example', [])).toBe(false);
    expect(isOriginAllowed('https://home.example.evil', 'home.example', [])).toBe(false);
    expect(isOriginAllowed(undefined, 'home.example', [])).toBe(true);
  });

  it('answers a plain request with a refusal', async () => {
    const { address } = await startHub();
    expect((await fetch(`${address}/ws?ticket=good`)).status).toBe(404);
  });
});

describe('events', () => {
  it('sends those of the topics from now on, and says when it has caught up', async () => {
    const { address, events } = await startHub();
    events.emit(makeEvent('nodes/before'));
    const client = await connectSocket(address);
    client.send({ type: 'subscribe', topics: ['nodes/1', 'agents'], ref: 'a' });
    expect(await client.take('subscribed')).toEqual({ type: 'subscribed', cursor: '1-1', ref: 'a' });
    expect(await client.take('caught-up')).toEqual({ type: 'caught-up', cursor: '1-1' });
    events.emit(makeEvent('nodes/1'), makeEvent('nodes/2'), makeEvent('agents/a', 'agents.created'));
    const last = await client.take('event', ({ event }) => event.subject === 'agents/a');
    expect(last.cursor).toBe('4-1');
    expect(subjectsOf(client.frames)).toEqual(['nodes/1', 'agents/a']);
  });

  it('replays after a cursor in pages and goes live with nothing missed or doubled, whatever comes meanwhile', async () => {
    const { address, events } = await startHub({ limits: { pageSize: 7 } });
    events.store(...Array.from({ length: 100 }, (_, i) => makeEvent(`nodes/${i}`)));
    const client = await connectSocket(address);
    client.send({ type: 'subscribe', topics: ['*'], cursor: '10-1' });
    let next = 100;
    for (let round = 0; round < 300; round++) {
      events.emit(makeEvent(`nodes/${next++}`), makeEvent(`nodes/${next++}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    events.emit(makeEvent('nodes/last'));
    await client.take('event', ({ event }) => event.subject === 'nodes/last');
    expect(subjectsOf(client.frames)).toEqual(events.stored.slice(10).map(({ event }) => event.subject));
    expect(client.frames.filter(({ type }) => type === 'caught-up')).toHaveLength(1);
  });

  it('reads from the store what lies between the client and a reader that began late', async () => {
    const { address, events } = await startHub();
    const client = await connectSocket(address);
    client.send({ type: 'subscribe', topics: ['*'] });
    await client.take('caught-up');
    events.store(makeEvent('nodes/1'), makeEvent('nodes/2'));
    const [first, late] = [events.store(makeEvent('nodes/3')), events.store(makeEvent('nodes/4'))];
    events.announce(first);
    await client.take('event', ({ event }) => event.subject === 'nodes/4');
    // The reader hands on what the replay has sent already.
    events.announce(late);
    events.emit(makeEvent('nodes/5'));
    await client.take('event', ({ event }) => event.subject === 'nodes/5');
    expect(subjectsOf(client.frames)).toEqual([1, 2, 3, 4, 5].map((n) => `nodes/${n}`));
  });

  it('reads again what was stored while it read, without waiting for the next event', async () => {
    const events = makeEvents();
    let meanwhile = 3;
    const source: EventSource = {
      ...events.source,
      readAfter: async (cursor, limit) => {
        const page = await events.source.readAfter(cursor, limit);
        // Handed on while the client is still reading, to whom it therefore does not go.
        if (meanwhile > 0) events.emit(makeEvent(`nodes/${meanwhile--}`));
        return page;
      },
    };
    const { address } = await startHub({ source });
    const client = await connectSocket(address);
    client.send({ type: 'subscribe', topics: ['*'], cursor: '0-1' });
    await client.take('event', ({ event }) => event.subject === 'nodes/1');
    expect(await client.take('caught-up')).toMatchObject({ cursor: '3-1' });
    expect(subjectsOf(client.frames)).toEqual(['nodes/3', 'nodes/2', 'nodes/1']);
  });

  it('takes new topics in place of the old ones, and reads nothing once nobody is subscribed', async () => {
    const { address, events } = await startHub();
    const client = await connectSocket(address);
    client.send({ type: 'subscribe', topics: ['nodes/1'] });
    await client.take('caught-up');
    client.send({ type: 'subscribe', topics: ['nodes/2'] });
    await client.take('caught-up');
    events.emit(makeEvent('nodes/1'), makeEvent('nodes/2'));
    await client.take('event');
    client.send({ type: 'unsubscribe', ref: 'u' });
    expect(await client.take('done')).toEqual({ type: 'done', ref: 'u' });
    expect(events.isRead).toBe(false);
    expect(subjectsOf(client.frames)).toEqual(['nodes/2']);
  });

  it('refuses a cursor that is not one of ours, and a client without the permission', async () => {
    const { address } = await startHub();
    const client = await connectSocket(address);
    client.send({ type: 'subscribe', topics: ['*'], cursor: '5-1', ref: 'x' });
    expect(await client.take('error')).toMatchObject({ code: 'events.cursor-invalid', ref: 'x' });
    const weak = await connectSocket(address, { ticket: 'weak' });
    weak.send({ type: 'subscribe', topics: ['*'] });
    expect(await weak.take('error')).toMatchObject({ code: 'auth.forbidden', detail: 'Needs events.read.' });
  });

  it('keeps a client waiting through an outage of the store', async () => {
    const events = makeEvents();
    let failures = 3;
    const source: EventSource = {
      ...events.source,
      readAfter: (cursor, limit) => {
        failures -= 1;
        return failures >= 0 ? Promise.reject(new Error('no database')) : events.source.readAfter(cursor, limit);
      },
    };
    const { address } = await startHub({ source, limits: { retryMs: 1 } });
    events.store(makeEvent('nodes/1'));
    const client = await connectSocket(address);
    client.send({ type: 'subscribe', topics: ['*'], cursor: '0-1' });
    await client.take('caught-up');
    expect(subjectsOf(client.frames)).toEqual(['nodes/1']);
  });

  it('knows the topics of an event as the contract does', () => {
    const event = makeEvent('nodes/1', 'pipelines.run-ended');
    for (const topic of [
      '*',
      'pipelines',
      'pipelines.run-ended',
      'nodes/1',
      'runs/r1',
      'pipe',
      'runs',
      'agents',
      'nodes',
    ]) {
      expect([topic, isOfTopics(event, new Set([topic]))]).toEqual([topic, matchesTopic(event, topic)]);
    }
  });
});

describe('a client that reads too slowly', () => {
  it('is closed with the code that makes it resume, and resumes without loss', async () => {
    const { address, events, hub } = await startHub({ limits: { maxBytes: 512 * 1024 } });
    const slow = await openRawSocket(address);
    slow.write({ type: 'subscribe', topics: ['*'] });
    await slow.untilType('caught-up');
    slow.pause();
    const payload = { text: 'x'.repeat(8000) };
    let sent = 0;
    // Until the buffers of the system are full as well, however large those are.
    for (; events.isRead && sent < 20_000; sent++) {
      events.emit(makeEvent(`nodes/${sent}`, 'pipelines.node-ended', payload));
      if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(events.isRead).toBe(false);
    events.emit(makeEvent('nodes/last'));
    const { code, texts } = await slow.readToEnd();
    expect(code).toBe(4408);
    const seen = texts.map((text) => JSON.parse(text)).filter(({ type }) => type === 'event');
    const client = await connectSocket(address);
    client.send({ type: 'subscribe', topics: ['*'], cursor: seen.at(-1).cursor });
    await client.take('event', ({ event }) => event.subject === 'nodes/last');
    expect([...subjectsOf(seen), ...subjectsOf(client.frames)]).toEqual(
      events.stored.map(({ event }) => event.subject),
    );
    expect(hub.connections).toBe(1);
  });

  it('is replayed to at its own pace: no further page is read while it is behind', async () => {
    const { address, events } = await startHub({ limits: { lowBytes: 64 * 1024, pageSize: 10 } });
    const payload = { text: 'x'.repeat(8000) };
    events.store(...Array.from({ length: 6000 }, (_, i) => makeEvent(`nodes/${i}`, 'pipelines.node-ended', payload)));
    const slow = await openRawSocket(address);
    slow.pause();
    slow.write({ type: 'subscribe', topics: ['*'], cursor: '0-1' });
    let before = -1;
    while (events.reads === 0 || events.reads !== before) {
      before = events.reads;
      for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(events.reads).toBeLessThan(600);
    slow.resume();
    await slow.untilType('caught-up');
    expect(events.reads).toBe(601);
    slow.destroy();
  });
});

describe('bad clients', () => {
  it('are told what is wrong with a frame, and stay connected', async () => {
    const { address } = await startHub();
    const client = await connectSocket(address);
    client.sendRaw('{');
    expect(await client.take('error')).toMatchObject({ code: 'request.malformed' });
    client.sendRaw(JSON.stringify({ type: 'subscribe', topics: [], ref: 'r1' }));
    expect(await client.take('error')).toMatchObject({ code: 'request.invalid', ref: 'r1', detail: /\/topics/ });
    client.sendRaw(JSON.stringify({ type: 'ping', more: 1 }));
    expect(await client.take('error')).toMatchObject({ code: 'request.invalid' });
    client.sendRaw(JSON.stringify({ type: 'explode' }));
    expect(await client.take('error')).toMatchObject({ code: 'request.invalid' });
    client.sendRaw('['.repeat(1000) + ']'.repeat(1000));
    expect(await client.take('error')).toMatchObject({ code: 'request.too-deep' });
    client.sendRaw(new Uint8Array([1, 2, 3]));
    expect(await client.take('error')).toMatchObject({ code: 'request.malformed', detail: 'Frames are text.' });
    client.send({ type: 'ping', ref: 'p' });
    expect(await client.take('pong')).toEqual({ type: 'pong', ref: 'p' });
  });

  it('are closed after ten bad frames in a row, for too many frames, and for one that is too large', async () => {
    const { address } = await startHub({ limits: { framesBurst: 30, framesPerSecond: 1 } });
    const confused = await connectSocket(address);
    for (let i = 0; i < 10; i++) confused.sendRaw('no frame');
    expect((await confused.closed).code).toBe(4400);
    expect(confused.frames.filter(({ type }) => type === 'error')).toHaveLength(10);
    const hasty = await connectSocket(address);
    for (let i = 0; i < 40; i++) hasty.send({ type: 'ping' });
    expect(await hasty.closed).toMatchObject({ code: 4400, reason: 'Too many frames.' });
    const large = await connectSocket(address);
    large.sendRaw(JSON.stringify({ type: 'ping', ref: 'x'.repeat(1024 * 1024) }));
    expect((await large.closed).code).toBe(4400);
    const huge = await connectSocket(address);
    huge.sendRaw('x'.repeat(3 * 1024 * 1024));
    expect((await huge.closed).code).toBe(1009);
  });

  it('have a bounded number of sockets for each user, and each network', async () => {
    const { address, hub } = await startHub({
      limits: { maxPerUser: 2, maxPerNetwork: 4 },
      userOf: ({ name }) => name,
    });
    const [first] = await Promise.all([
      connectSocket(address, { ticket: 'ada' }),
      connectSocket(address, { ticket: 'ada' }),
    ]);
    const third = await connectSocket(address, { ticket: 'ada' });
    expect(await third.closed).toMatchObject({ code: 1013, reason: 'You have 2 open sockets here; close some.' });
    expect(third.frames).toMatchObject([{ type: 'error', code: 'request.too-many' }]);
    const bob = await connectSocket(address, { ticket: 'bob' });
    expect(await bob.take('welcome')).toBeDefined();
    const eve = await connectSocket(address, { ticket: 'eve' });
    expect(await eve.take('welcome')).toBeDefined();
    await expect(connectSocket(address, { ticket: 'fay' })).rejects.toThrow('refused');
    first.close();
    await first.closed;
    await waitFor('the socket to be forgotten', () => hub.connections === 3);
    const again = await connectSocket(address, { ticket: 'ada' });
    expect(await again.take('welcome')).toBeDefined();
  });

  it('may send frames at a steady rate for ever', () => {
    const budget = new TokenBucket(10, 3, 0);
    expect([1, 2, 3, 4].map(() => budget.take(0))).toEqual([true, true, true, false]);
    expect(Array.from({ length: 50 }, (_, i) => budget.take(100 * (i + 1)))).not.toContain(false);
  });

  it('are cut when they give no sign of life', async () => {
    const { address, hub } = await startHub();
    const dead = await openRawSocket(address);
    dead.pause();
    const alive = await connectSocket(address);
    await alive.take('welcome');
    hub.checkClients();
    alive.send({ type: 'ping' });
    await alive.take('pong');
    hub.checkClients();
    dead.resume();
    await dead.closed;
    expect(hub.connections).toBe(1);
  });
});

describe('sessions', () => {
  it('that ended elsewhere end their sockets; while they cannot be checked nobody is sent away', async () => {
    let find = async (actors: readonly Actor[]) => new Set(actors.filter(({ name }) => name !== 'gone'));
    const { address, hub } = await startHub({ findStillAdmitted: (actors) => find(actors) });
    const [gone, stays] = [await connectSocket(address, { ticket: 'gone' }), await connectSocket(address)];
    await Promise.all([gone.take('welcome'), stays.take('welcome')]);
    await hub.closeEndedSessions();
    expect((await gone.closed).code).toBe(4401);
    find = () => Promise.reject(new Error('no database'));
    stays.send({ type: 'ping' });
    await stays.take('pong');
    await hub.closeEndedSessions();
    stays.send({ type: 'ping' });
    await stays.take('pong');
  });
});

describe('checks of sessions', () => {
  it('run one at a time, and one that is asked for meanwhile begins after what it was asked for', async () => {
    const ended = new Set<string>();
    const running: PromiseWithResolvers<void>[] = [];
    const { address, hub } = await startHub({
      limits: { sessionCheckMs: 1_000_000 },
      findStillAdmitted: async (actors) => {
        const admitted = new Set(actors.filter(({ name }) => !ended.has(name)));
        const held = Promise.withResolvers<void>();
        running.push(held);
        await held.promise;
        return admitted;
      },
    });
    const client = await connectSocket(address, { ticket: 'one' });
    await client.take('welcome');
    const first = hub.closeEndedSessions();
    ended.add('one');
    const [second, third] = [hub.closeEndedSessions(), hub.closeEndedSessions()];
    expect(running).toHaveLength(1);
    running[0]?.resolve();
    await waitFor('the second check', () => running.length === 2);
    running[1]?.resolve();
    await Promise.all([first, second, third]);
    expect((await client.closed).code).toBe(4401);
    expect(running).toHaveLength(2);
  });

  it('leave alone whose rights were read anew meanwhile, and look at them again', async () => {
    const asked: (readonly Actor[])[] = [];
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const ended = new Set<Actor>();
    const { address, hub } = await startHub({
      limits: { sessionCheckMs: 1_000_000 },
      findStillAdmitted: async (actors) => {
        asked.push(actors);
        begun.resolve();
        await held.promise;
        return new Set(actors.filter((actor) => !ended.has(actor)));
      },
      reload: async (actor) => ({ ...actor }),
    });
    const client = await connectSocket(address, { ticket: 'one' });
    await client.take('welcome');
    const checked = hub.closeEndedSessions();
    await begun.promise;
    client.send({ type: 'subscribe', topics: ['*'] });
    await client.take('caught-up');
    for (const actor of asked[0] ?? []) ended.add(actor);
    held.resolve();
    await checked;
    client.send({ type: 'ping' });
    await client.take('pong');
    expect(asked).toHaveLength(2);
    expect(asked[1]).not.toEqual([expect.toSatisfy((actor: Actor) => ended.has(actor))]);
  });
});

describe('frames of features', () => {
  it('go to the handler with the permission; its answer, `done` or its refusal comes back', async () => {
    const { address, hub } = await startHub();
    hub.handle('agents.send', async ({ actor }, { chatId, ref }) => {
      if (actor.name === 'unlucky') throw new AppError('agents.chat-not-found');
      if (actor.name === 'broken') throw new Error('secret details');
      return { type: 'agents.sent', chatId, messageId: turn, turnId: turn, ref };
    });
    hub.handle('agents.stop', async () => undefined);
    expect(() => hub.handle('agents.stop', async () => undefined)).toThrow('Two handlers');
    const say = { type: 'agents.send', chatId: chat, text: 'hello', ref: 's' } as const;
    const client = await connectSocket(address);
    client.send(say);
    expect(await client.take('agents.sent')).toMatchObject({ chatId: chat, ref: 's' });
    client.send({ type: 'agents.stop', chatId: chat, ref: 't' });
    expect(await client.take('done')).toEqual({ type: 'done', ref: 't' });
    client.send({ type: 'agents.watch', chatIds: [] });
    expect(await client.take('error')).toMatchObject({ code: 'request.not-found' });
    const refused = async (ticket: string) => {
      const other = await connectSocket(address, { ticket });
      other.send(say);
      return other.take('error');
    };
    expect(await refused('weak')).toMatchObject({ code: 'auth.forbidden', ref: 's' });
    expect(await refused('unlucky')).toMatchObject({ code: 'agents.chat-not-found', ref: 's' });
    const bug = await refused('broken');
    expect(bug).toMatchObject({ code: 'server.bug', ref: 's' });
    expect(bug.detail).not.toContain('secret');
  });

  it('let clients watch chats, whose pieces they get until they watch others', async () => {
    const { address, hub, publish } = await startHub();
    hub.handle('agents.watch', async (_ctx, { chatIds }, client) => client.watch(chatIds));
    const [client, other] = [await connectSocket(address), await connectSocket(address)];
    client.send({ type: 'agents.watch', chatIds: [chat] });
    other.send({ type: 'agents.watch', chatIds: [turn] });
    await Promise.all([client.take('done'), other.take('done')]);
    publish(1, { kind: 'text', text: 'hi' });
    expect(await client.take('agents.delta')).toEqual({
      type: 'agents.delta',
      chatId: chat,
      turnId: turn,
      sequence: 1,
      delta: { kind: 'text', text: 'hi' },
    });
    client.send({ type: 'agents.watch', chatIds: [] });
    await client.take('done');
    publish(2, { kind: 'text', text: 'more' });
    other.send({ type: 'ping' });
    client.send({ type: 'ping' });
    await Promise.all([client.take('pong'), other.take('pong')]);
    expect([...client.frames, ...other.frames].filter(({ type }) => type === 'agents.delta')).toHaveLength(1);
  });
});

describe('rights', () => {
  const mine: Audience = { projectId: 'mine' };
  const sees = (ports: { projects: Set<string> }) => ({
    sees: (_actor: Actor, { projectId }: Audience) => projectId == null || ports.projects.has(projectId),
    changesRights: (_actor: Actor, { subject }: GatheringEvent) => subject === 'users/me',
  });

  it('let a client hear of what it may see only, live and replayed, with cursors that go on', async () => {
    const { address, events } = await startHub(sees({ projects: new Set([mine.projectId ?? '']) }));
    events.emit(makeEvent('projects/mine'), makeEvent('projects/theirs'), makeEvent('nodes/1'));
    const client = await connectSocket(address);
    client.send({ type: 'subscribe', topics: ['*', 'projects/theirs'], cursor: '0-1' });
    await client.take('caught-up');
    events.emit(makeEvent('projects/theirs'), makeEvent('nodes/2'), makeEvent('projects/mine'));
    await client.take('event', ({ cursor }) => cursor === '6-1');
    expect(subjectsOf(client.frames)).toEqual(['projects/mine', 'nodes/1', 'nodes/2', 'projects/mine']);
  });

  it('that change count from the event on that tells it, in either direction', async () => {
    const ports = { projects: new Set<string>() };
    const { address, events } = await startHub(sees(ports));
    const client = await connectSocket(address);
    client.send({ type: 'subscribe', topics: ['*'] });
    await client.take('caught-up');
    ports.projects.add('mine');
    events.emit(makeEvent('users/me'), makeEvent('projects/mine'));
    await client.take('event', ({ cursor }) => cursor === '2-1');
    ports.projects.clear();
    events.emit(makeEvent('projects/mine'), makeEvent('users/me'), makeEvent('projects/mine'), makeEvent('nodes/1'));
    await client.take('event', ({ cursor }) => cursor === '6-1');
    expect(subjectsOf(client.frames)).toEqual(['users/me', 'projects/mine', 'users/me', 'nodes/1']);
  });

  it('that are gone end the connection at its next frame, and when an event tells it', async () => {
    let isGone = false;
    const { address, events } = await startHub({
      reload: async (actor) => (isGone ? null : actor),
      changesRights: (_actor, { subject }) => subject === 'users/me',
    });
    const [quiet, loud] = [await connectSocket(address), await connectSocket(address)];
    quiet.send({ type: 'subscribe', topics: ['*'] });
    await quiet.take('caught-up');
    await loud.take('welcome');
    isGone = true;
    events.emit(makeEvent('users/me'), makeEvent('nodes/1'));
    loud.send({ type: 'agents.stop', chatId: chat });
    expect([(await quiet.closed).code, (await loud.closed).code]).toEqual([4401, 4401]);
    expect(subjectsOf(quiet.frames)).toEqual([]);
  });
});

describe('the end', () => {
  it('tells every client, closes with 1001 and lets nobody in any more', async () => {
    const { address, hub } = await startHub();
    const client = await connectSocket(address);
    await client.take('welcome');
    await hub.drain();
    expect([(await client.closed).code, client.frames.at(-1)]).toEqual([1001, { type: 'draining' }]);
    await expect(connectSocket(address)).rejects.toThrow('refused');
    expect(hub.connections).toBe(0);
  });

  it('does not wait for a client that does not answer', async () => {
    const { address, hub } = await startHub({ limits: { closeMs: 20 } });
    (await openRawSocket(address)).pause();
    await hub.drain();
    expect(hub.connections).toBe(0);
  });
});
