// A hub behind a real server on a local port, with events from memory. What is opened ends with its test.
import { AppError, errorCatalogue } from '@gathering/contract/errors';
import type { EventType, GatheringEvent } from '@gathering/contract/events';
import type { Delta } from '@gathering/contract/frames';
import { fastify } from 'fastify';
import { afterEach } from 'vitest';
import { createLog } from '../src/platform/log.ts';
import { Hub, type HubPorts } from '../src/platform/ws/hub.ts';
import type { Audience, EventSource, LiveBatch, LiveEvent } from '../src/platform/ws/live-events.ts';
import { serveSocket } from '../src/platform/ws/serve-socket.ts';

export interface Actor {
  name: string;
  may: boolean;
}
type Ctx = { actor: Actor };
export const chat = '01900000-0000-7000-8000-000000000001';
export const turn = '01900000-0000-7000-8000-000000000002';

export const makeEvent = (subject: string, type: EventType = 'pipelines.node-ended', payload = {}): GatheringEvent => ({
  type,
  subject,
  related: ['runs/r1'],
  at: '2026-11-01T10:00:00.000Z',
  actor: null,
  payload,
});

/** An event of a project is for whoever sees it; the id stands in the subject, as `projects/<id>`. */
const audienceOf = ({ subject }: GatheringEvent): Audience =>
  subject.startsWith('projects/') ? { projectId: subject.slice('projects/'.length) } : {};

/** Events that lie in memory; `hold` keeps batches back, as a reader that is late does. */
export function makeEvents() {
  const stored: LiveEvent[] = [];
  const consumers = new Set<(batch: LiveBatch) => void>();
  let reads = 0;
  const cursorAt = (index: number) => `${index}-1`;
  const source: EventSource = {
    presentCursor: async () => cursorAt(stored.length),
    readAfter: async (cursor, limit) => {
      reads += 1;
      const from = Number.parseInt(cursor, 10);
      if (from > stored.length) throw new AppError('events.cursor-invalid');
      const events = stored.slice(from, from + limit);
      return { events, cursor: cursorAt(from + events.length), more: events.length === limit };
    },
    onBatch: (run) => {
      consumers.add(run);
      return () => consumers.delete(run);
    },
  };
  const store = (...events: GatheringEvent[]): LiveBatch => {
    const after = cursorAt(stored.length);
    const added = events.map((event, index) => ({
      cursor: cursorAt(stored.length + index + 1),
      event,
      audience: audienceOf(event),
    }));
    stored.push(...added);
    return { after, events: added, cursor: cursorAt(stored.length) };
  };
  const announce = (batch: LiveBatch) => {
    for (const run of consumers) run(batch);
  };
  return {
    source,
    store,
    announce,
    emit: (...events: GatheringEvent[]) => announce(store(...events)),
    stored,
    get reads() {
      return reads;
    },
    get isRead() {
      return consumers.size > 0;
    },
  };
}

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A hub behind a real server, with the ports that a test gives in place of these. */
export async function startHub(more: Partial<HubPorts<Actor, Ctx>> = {}) {
  const events = makeEvents();
  const deltas = new Set<Parameters<HubPorts<Actor, Ctx>['onDelta']>[0]>();
  const hub = new Hub<Actor, Ctx>({
    source: events.source,
    onDelta: (run) => {
      deltas.add(run);
      return () => deltas.delete(run);
    },
    redeemTicket: async (ticket) => (ticket === 'bad' ? null : { name: ticket, may: ticket !== 'weak' }),
    findStillAdmitted: async (actors) => new Set(actors),
    reload: async (actor) => actor,
    may: ({ may }) => may,
    sees: () => true,
    changesRights: () => false,
    makeCtx: (actor) => ({ actor }),
    version: '1.2.3',
    log: createLog('silent'),
    ...more,
  });
  const app = fastify();
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof AppError ? errorCatalogue[error.code].status : 500;
    return reply.code(status).send(error);
  });
  await serveSocket(app, hub, { origins: ['https://friend.example'] });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  endings.push(() => app.close());
  const publish = (sequence: number, delta: Delta) => {
    for (const run of deltas) run(chat, turn, sequence, delta);
  };
  return { events, hub, app, address, publish };
}
