// One reader per process: woken by commits, it reads new events in order and hands them on in batches.
// Invariant: a batch begins where the one before ended; the position moves only over events that were handed on, so
// neither an outage of the database nor a lost wake-up skips one.
import { randomUUID } from 'node:crypto';
import type { Database } from '../../platform/db/database.ts';
import type { Log } from '../../platform/log.ts';
import { readEventsAfter, readPresentCursor } from './read-events.ts';
import type { EventPage, StoredEvent } from './store.ts';
import { onStored } from './wake.ts';

export interface EventBatch {
  /** The position that the batch continues. */
  readonly after: string;
  readonly events: readonly StoredEvent[];
  /** The position of its last event. */
  readonly cursor: string;
}

export interface EventFeed {
  presentCursor(): Promise<string>;
  readAfter(cursor: string, limit: number): Promise<EventPage>;
  /** Batches from about now on; reads nothing while nobody listens. Returns how to stop. */
  onBatch(run: (batch: EventBatch) => void): () => void;
  close(): Promise<void>;
}

export interface FeedOptions {
  /** Most events of one batch. */
  batchSize?: number;
  /** Least time between two reads, so that a burst of commits is read at once. */
  gapMs?: number;
  /** Reads this often without being woken. */
  pollMs?: number;
}

const channel = 'gathering_events';
const announceGapMs = 20;
const firstRetryMs = 100;
const longestRetryMs = 5_000;

/** Also announces what this process stores to the readers of others, so a process that only writes needs it too. */
export async function openEventFeed(database: Database, log: Log, options: FeedOptions = {}): Promise<EventFeed> {
  const reader = new Reader(database, log, options);
  const process = randomUUID();
  const announcer = database.kind === 'server' ? new Announcer(database, log, process) : undefined;
  const stopHearing = onStored(() => {
    reader.wake();
    announcer?.announce();
  });
  // The embedded database has no other process to hear from.
  const unlisten =
    database.kind === 'server'
      ? await database.listen(
          channel,
          (sender) => sender !== process && reader.wake(),
          () => reader.wake(),
        )
      : undefined;
  return {
    presentCursor: () => readPresentCursor(database),
    readAfter: (cursor, limit) => readEventsAfter(database, cursor, limit),
    onBatch: (run) => reader.add(run),
    close: async () => {
      stopHearing();
      await announcer?.close();
      await reader.close();
      await unlisten?.();
    },
  };
}

class Reader {
  readonly #database: Database;
  readonly #log: Log;
  readonly #batchSize: number;
  readonly #gapMs: number;
  readonly #pollMs: number;
  readonly #consumers = new Set<(batch: EventBatch) => void>();
  #running: Promise<void> = Promise.resolve();
  #active = false;
  #closed = false;
  #woken = false;
  #endPause: (() => void) | undefined;

  constructor(database: Database, log: Log, { batchSize = 250, gapMs = 15, pollMs = 1_000 }: FeedOptions) {
    this.#database = database;
    this.#log = log;
    this.#batchSize = batchSize;
    this.#gapMs = gapMs;
    this.#pollMs = pollMs;
  }

  add(run: (batch: EventBatch) => void): () => void {
    const consumer = (batch: EventBatch) => run(batch);
    this.#consumers.add(consumer);
    if (!this.#active && !this.#closed) {
      this.#active = true;
      // A reader that was told to stop may still be in its last query.
      this.#running = this.#running.then(() => this.#run());
    }
    return () => {
      this.#consumers.delete(consumer);
      if (this.#consumers.size === 0) this.wake();
    };
  }

  wake(): void {
    this.#woken = true;
    this.#endPause?.();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#consumers.clear();
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let position: string | undefined;
    let retryMs = firstRetryMs;
    let waitedMs = 0;
    while (this.#consumers.size > 0) {
      this.#woken = false;
      try {
        position ??= await readPresentCursor(this.#database);
        const page = await readEventsAfter(this.#database, position, this.#batchSize);
        if (retryMs > firstRetryMs) this.#log.info('Events are read again.');
        retryMs = firstRetryMs;
        if (page.events.length > 0) this.#handOn({ after: position, events: page.events, cursor: page.cursor });
        position = page.cursor;
        waitedMs = page.waiting && page.events.length === 0 ? Math.min(waitedMs * 2 + this.#gapMs, this.#pollMs) : 0;
        if (!page.more) await this.#rest(page.waiting ? Math.max(waitedMs, this.#gapMs) : this.#pollMs);
      } catch (error) {
        if (retryMs === firstRetryMs) this.#log.warn({ err: error }, 'Events cannot be read; trying until they can.');
        retryMs = Math.min(retryMs * 2, longestRetryMs);
        await this.#pause(retryMs);
      }
    }
    this.#active = false;
  }

  /** Waits for the next wake-up, at most `longestMs`, but never less than the gap between two reads. */
  async #rest(longestMs: number): Promise<void> {
    await this.#pause(this.#gapMs, false);
    if (!this.#woken && longestMs > this.#gapMs) await this.#pause(longestMs - this.#gapMs);
  }

  #pause(ms: number, canBeWoken = true): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#endPause = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#endPause = () => (canBeWoken || this.#consumers.size === 0) && end();
    });
  }

  #handOn(batch: EventBatch): void {
    for (const consumer of this.#consumers) {
      try {
        consumer(batch);
      } catch (error) {
        this.#log.error({ err: error }, 'A consumer of events failed; the others go on.');
      }
    }
  }
}

// A NOTIFY inside of a transaction takes a lock that all commits share until it has ended; so it is sent apart and rarely.
class Announcer {
  readonly #database: Database;
  readonly #log: Log;
  readonly #sender: string;
  #timer: NodeJS.Timeout | undefined;
  #sent: Promise<void> = Promise.resolve();
  #again = false;
  #failed = false;

  constructor(database: Database, log: Log, sender: string) {
    this.#database = database;
    this.#log = log;
    this.#sender = sender;
  }

  announce(): void {
    if (this.#timer !== undefined) {
      this.#again = true;
      return;
    }
    this.#again = false;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#again) this.announce();
    }, announceGapMs);
    this.#timer.unref();
    this.#sent = this.#send();
  }

  /** What was not yet announced is, so that a process that only writes may end at once. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#again) this.announce();
    clearTimeout(this.#timer);
    await this.#sent;
  }

  async #send(): Promise<void> {
    try {
      await this.#database.notify(channel, this.#sender);
      this.#failed = false;
    } catch (error) {
      // The others find out by their own polling.
      if (!this.#failed) this.#log.warn({ err: error }, 'Other processes could not be told of new events.');
      this.#failed = true;
    }
  }
}
