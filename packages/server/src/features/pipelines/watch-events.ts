// Compares stored events with what nodes wait for, in the order in which they were stored. Any number of processes may do
// it: who moves the position has compared everything up to there, and one that another one overtook begins again.
import type { Json } from '@gathering/contract/json';
import type { Ctx } from '../../ctx.ts';
import { compareCursors, parseCursor } from '../../platform/cursor.ts';
import { keepLooking } from '../../platform/keep-looking.ts';
import { onStored, readEventsAfter, type StoredEvent } from '../events/index.ts';
import { arrive } from './end-wait.ts';
import { matchEvent } from './expressions/evaluate.ts';
import {
  type EventWait,
  findOldestWait,
  hasOtherWaits,
  listEventWaits,
  lockEventPosition,
  moveEventPosition,
  readEventPosition,
} from './store/waits.ts';

const pageSize = 250;
const waitsAtOnce = 500;

/** One page. True: there may be more. */
export async function compareEvents(ctx: Ctx): Promise<boolean> {
  const oldest = await findOldestWait(ctx.database);
  if (oldest === null) return false;
  const position = await readEventPosition(ctx.database);
  // What was stored before anybody waited concerns nobody.
  const start = compareCursors(oldest, position) > 0 ? oldest : position;
  const page = await readEventsAfter(ctx.database, start, pageSize);
  const cursor = parseCursor(page.cursor);
  if (page.events.length === 0 || cursor === null) return false;
  const types = [...new Set(page.events.map(({ event }) => event.type))];
  const { known, found } = await findMatches(ctx, types, page.events);
  return ctx.tx(async (tx) => {
    if (!(await lockEventPosition(tx, position)) || (await hasOtherWaits(tx, types, known))) return true;
    for (const [jobId, payload] of found) await arrive(ctx, tx, jobId, payload);
    await moveEventPosition(tx, cursor);
    return page.more;
  });
}

async function findMatches(
  ctx: Ctx,
  types: readonly string[],
  events: readonly StoredEvent[],
): Promise<{ known: string[]; found: Map<string, Json> }> {
  const known: string[] = [];
  const found = new Map<string, Json>();
  for (;;) {
    const waits = await listEventWaits(ctx.database, types, known.at(-1) ?? null, waitsAtOnce);
    for (const wait of waits) {
      known.push(wait.jobId);
      const payload = await findMatch(ctx, wait, events);
      if (payload !== null) found.set(wait.jobId, payload);
    }
    if (waits.length < waitsAtOnce) return { known, found };
  }
}

/** The first event that whoever started the run may read and that is the one; null: none. */
async function findMatch(ctx: Ctx, wait: EventWait, events: readonly StoredEvent[]): Promise<Json> {
  const actor = await ctx.findActor(wait.actorId, wait.scopes);
  if (actor === null) return null;
  for (const { event, cursor, audience } of events) {
    if (event.type !== wait.eventType || compareCursors(cursor, wait.since) <= 0) continue;
    if (!ctx.judge(actor, 'events.read', audience)) continue;
    const verdict = wait.match === null || (await matchEvent(wait.match, { event, key: wait.key }));
    // It would hold up everybody else with each event: the node is told instead.
    if (verdict === 'cut') return { cut: true };
    if (verdict) return { event: event as Json };
  }
  return null;
}

const pollMs = 600;
const gapMs = 100;

/** Compares from now on, woken by what this process stores. Returns how to stop; a page that runs ends first. */
export function startEventWatch(ctx: Ctx): () => Promise<void> {
  return keepLooking({
    look: async () => ((await compareEvents(ctx)) ? gapMs : pollMs),
    hear: onStored,
    gapMs,
    log: ctx.log,
    words: {
      failing: 'Events cannot be compared with what is waited for; trying until they can.',
      again: 'Events are compared with what is waited for again.',
    },
  });
}
