// Compares stored events with what nodes wait for, in the order in which they were stored. Any number of processes may do
// it: who moves the position has compared everything up to there, and one that another one overtook begins again.
import type { Json } from '@gathering/contract/json';
import type { Ctx } from '../../ctx.ts';
import { compareCursors, parseCursor } from '../../platform/cursor.ts';
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

const pollMs = 500;
const gapMs = 100;
const longestRetryMs = 5_000;

/** Compares from now on, woken by what this process stores. Returns how to stop; a page that runs ends first. */
export function startEventWatch(ctx: Ctx): () => Promise<void> {
  const watch = new EventWatch(ctx);
  return () => watch.stop();
}

class EventWatch {
  readonly #ctx: Ctx;
  readonly #unhear: () => void;
  readonly #running: Promise<void>;
  #isStopped = false;
  #isWoken = false;
  #endPause: (() => void) | undefined;

  constructor(ctx: Ctx) {
    this.#ctx = ctx;
    this.#unhear = onStored(() => {
      this.#isWoken = true;
      this.#endPause?.();
    });
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unhear();
    this.#endPause?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    let retryMs = gapMs;
    while (!this.#isStopped) {
      this.#isWoken = false;
      try {
        const isMore = await compareEvents(this.#ctx);
        if (retryMs > gapMs) this.#ctx.log.info('Events are compared with what is waited for again.');
        retryMs = gapMs;
        await this.#pause(gapMs, false);
        if (!isMore && !this.#isWoken) await this.#pause(pollMs);
      } catch (error) {
        if (retryMs === gapMs)
          this.#ctx.log.warn(
            { err: error },
            'Events cannot be compared with what is waited for; trying until they can.',
          );
        retryMs = Math.min(retryMs * 2, longestRetryMs);
        await this.#pause(retryMs);
      }
    }
  }

  #pause(ms: number, canBeWoken = true): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#endPause = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#endPause = () => (canBeWoken || this.#isStopped) && end();
    });
  }
}
