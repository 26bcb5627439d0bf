// The whole way of an event: stored by many transactions at once, read, sent to browsers that come and go.
// What a client has heard in the end is what the database holds, in the same order.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServerFrame } from '@gathering/contract/frames';
import { fastify } from 'fastify';
import { afterEach, expect, it } from 'vitest';
import type { Actor } from '../../src/ctx.ts';
import {
  emitEvents,
  type FeedOptions,
  type NewEvent,
  openEventFeed,
  readEventsAfter,
  readPresentCursor,
} from '../../src/features/events/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Database } from '../../src/platform/db/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { Hub } from '../../src/platform/ws/hub.ts';
import { serveSocket } from '../../src/platform/ws/serve-socket.ts';
import { eachDatabase, openPlace } from '../db.ts';
import { openRawSocket } from '../raw-socket-client.ts';
import { connectSocket } from '../socket-client.ts';

const actor: Actor = {
  kind: 'user',
  id: '01990000-0000-7000-8000-0000000000aa',
  role: 'owner',
  scopes: null,
  credential: 'access-token',
  projects: 'all',
  sessionId: null,
  address: null,
};
const emitCtx = { actor, clock: systemClock };
const log = createLog('silent');
const endings: (() => Promise<unknown>)[] = [];

async function startServer(database: Database, options: FeedOptions = {}): Promise<string> {
  const feed = await openEventFeed(database, log, options);
  endings.push(() => feed.close());
  const hub = new Hub<Actor, null>({
    source: feed,
    onDelta: () => () => undefined,
    redeemTicket: async () => actor,
    findStillAdmitted: async (actors) => new Set(actors),
    reload: async (given) => given,
    may: () => true,
    sees: () => true,
    changesRights: () => false,
    makeCtx: () => null,
    version: '1.2.3',
    log,
    limits: { pageSize: 20 },
  });
  const app = fastify();
  await serveSocket(app, hub, { origins: [] });
  endings.push(() => app.close());
  return app.listen({ host: '127.0.0.1', port: 0 });
}

/** Small numbers that look random and are the same in every run. */
function makeDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % sides;
  };
}

/** Many transactions at once: some long, some with many events, some rolled back, some with signals that repeat. */
async function writeMuch(database: Database, writers: number, each: number): Promise<void> {
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const roll = makeDice(writer + 1);
      for (let i = 0; i < each; i++) {
        const run = `runs/${writer}-${i}`;
        const events: NewEvent[] = Array.from({ length: 1 + roll(5) }, (_unused, part) => ({
          type: 'pipelines.node-ended',
          audience: {},
          subject: `nodes/${writer}-${i}-${part}`,
          related: [run],
        }));
        if (roll(4) === 0)
          events.push({ type: 'providers.test-ended', subject: 'providers/same', payload: { ok: true } });
        const isLost = roll(5) === 0;
        const work = database.transaction(async (tx) => {
          if (roll(3) === 0) await tx.query('select pg_current_xact_id(), pg_sleep($1)', [roll(10) / 1000]);
          void emitEvents(emitCtx, tx, events);
          if (isLost) throw new Error('rolled back');
        });
        await work.catch((error: Error) => {
          if (error.message !== 'rolled back') throw error;
        });
      }
    }),
  );
}

type EventFrame = Extract<ServerFrame, { type: 'event' }>;
const eventsIn = (texts: readonly string[]) =>
  texts.map((text) => JSON.parse(text) as ServerFrame).filter((frame): frame is EventFrame => frame.type === 'event');

async function expectStored(database: Database, from: string, heard: readonly EventFrame[]): Promise<void> {
  const stored = await readEventsAfter(database, from, 100_000);
  expect(heard.map(({ cursor }) => cursor)).toEqual(stored.events.map(({ cursor }) => cursor));
  expect(heard.map(({ event }) => event)).toEqual(stored.events.map(({ event }) => event));
}

const isEnd = ({ event }: EventFrame) => event.subject === 'nodes/the-end';
const emitEnd = (database: Database) =>
  database.transaction((tx) =>
    emitEvents(emitCtx, tx, [{ type: 'pipelines.node-ended', subject: 'nodes/the-end', audience: {} }]),
  );

eachDatabase((open, makePlace, kind) => {
  // Before the databases go, which this was registered after.
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  it('a client that is cut at random points and resumes has heard what the database holds', async () => {
    const database = await open();
    const address = await startServer(database);
    const begin = await readPresentCursor(database);
    let writing = true;
    const writers = writeMuch(database, 12, 25).finally(() => {
      writing = false;
    });
    const heard: EventFrame[] = [];
    const roll = makeDice(7);
    let cuts = 0;
    for (; writing || cuts < 10; cuts++) {
      const socket = await openRawSocket(address);
      socket.write({ type: 'subscribe', topics: ['*'], cursor: heard.at(-1)?.cursor ?? begin });
      const enough = roll(40);
      for (let turn = 0; turn < 20_000 && eventsIn(socket.texts).length < enough && (writing || turn < 200); turn++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.destroy();
      heard.push(...eventsIn(socket.texts));
    }
    await writers;
    await emitEnd(database);
    const last = await connectSocket(address);
    last.send({ type: 'subscribe', topics: ['*'], cursor: heard.at(-1)?.cursor ?? begin });
    await last.take('event', isEnd);
    heard.push(...last.frames.filter((frame): frame is EventFrame => frame.type === 'event'));
    expect(cuts).toBeGreaterThanOrEqual(10);
    expect(heard.length).toBeGreaterThan(400);
    await expectStored(database, begin, heard);
  });

  it('clients that stay hear all from where they began, whatever they began with', async () => {
    const database = await open();
    const address = await startServer(database);
    await writeMuch(database, 4, 5);
    const begin = await readPresentCursor(database);
    const [live, old, narrow] = await Promise.all([1, 2, 3].map(() => connectSocket(address)));
    if (!live || !old || !narrow) throw new Error('Three clients were asked for.');
    const writers = writeMuch(database, 8, 10);
    live.send({ type: 'subscribe', topics: ['*'] });
    old.send({ type: 'subscribe', topics: ['*'], cursor: '0-0' });
    narrow.send({ type: 'subscribe', topics: ['runs/3-3', 'nodes/the-end'], cursor: begin });
    const { cursor } = await live.take('subscribed');
    await writers;
    await emitEnd(database);
    for (const client of [live, old, narrow]) await client.take('event', isEnd);
    const eventsOf = ({ frames }: typeof live) => frames.filter((frame): frame is EventFrame => frame.type === 'event');
    await expectStored(database, cursor, eventsOf(live));
    await expectStored(database, '0-0', eventsOf(old));
    const { events } = await readEventsAfter(database, begin, 100_000);
    const wanted = events.filter(
      ({ event }) => event.related.includes('runs/3-3') || isEnd({ type: 'event', cursor, event }),
    );
    expect(eventsOf(narrow).map(({ event }) => event)).toEqual(wanted.map(({ event }) => event));
  });

  if (kind === 'embedded') return;

  it('what another process stores reaches the clients of this one, announced and not merely found by looking', async () => {
    const place = await makePlace();
    const database = await openPlace(place);
    endings.push(() => database.close());
    const address = await startServer(database, { pollMs: 600_000 });
    const client = await connectSocket(address);
    client.send({ type: 'subscribe', topics: ['*'] });
    const { cursor } = await client.take('caught-up');
    // The reader takes its place a moment after the client; what comes before is read when the next batch comes.
    const script = fileURLToPath(new URL('./event-writer.ts', import.meta.url));
    const writer = fork(script, [place.dataDir, place.databaseUrl ?? '', '100'], { execArgv: [], stdio: 'inherit' });
    const [code] = await once(writer, 'exit');
    expect(code).toBe(0);
    await client.take('event', ({ event }) => event.subject === 'nodes/99');
    await expectStored(
      database,
      cursor,
      client.frames.filter((frame): frame is EventFrame => frame.type === 'event'),
    );
  });
});
