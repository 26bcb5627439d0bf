// One client's way through the stream of events: replayed from its cursor page by page, then live.
// Of other people's things it shows nothing: what is sent was judged by rights that are at least as new as the event.
// Invariant: `#cursor` is the position up to which everything was handed to the outbox; it moves without gap and never back.
import { AppError } from '@gathering/contract/errors';
import type { GatheringEvent } from '@gathering/contract/events';
import { compareCursors } from '../cursor.ts';
import type { Log } from '../log.ts';
import type { Audience, LiveEvent } from './live-events.ts';

/** An event that knows its frame's bytes, made once for all clients. */
export interface EncodedEvent extends LiveEvent {
  readonly frame: () => Buffer;
}

export interface EncodedBatch {
  readonly after: string;
  readonly events: readonly EncodedEvent[];
  readonly cursor: string;
}

/** What a subscription needs of the connection and the hub around it. */
export interface SubscriptionPorts {
  presentCursor(): Promise<string>;
  readAfter(cursor: string): Promise<{ events: readonly EncodedEvent[]; cursor: string; more: boolean }>;
  /** How to judge what the client may see, by its rights of this moment. */
  loadSight(): Promise<(audience: Audience) => boolean>;
  /** The event tells that the rights of this client may have changed. */
  changesRights(event: GatheringEvent): boolean;
  /** The position up to which live batches were handed out; null before the first. */
  livePosition(): string | null;
  onSubscribed(cursor: string): void;
  onCaughtUp(cursor: string): void;
  onRefused(error: AppError): void;
  sendEvent(frame: Buffer): void;
  /** Resolves at once while the client keeps up. */
  whenReady(): Promise<void>;
  /** Resolves after a while, or when the connection closed. */
  waitToRetry(): Promise<void>;
  readonly log: Log;
}

export class Subscription {
  readonly #topics: ReadonlySet<string>;
  readonly #ports: SubscriptionPorts;
  #cursor: string | undefined;
  #sees: (audience: Audience) => boolean = () => false;
  #state: 'replaying' | 'live' | 'ended' = 'replaying';
  #isAnnounced = false;
  #isCaughtUp = false;

  constructor(topics: readonly string[], cursor: string | undefined, ports: SubscriptionPorts) {
    this.#topics = new Set(topics);
    this.#cursor = cursor;
    this.#ports = ports;
  }

  start(): void {
    void this.#replay();
  }

  end(): void {
    this.#state = 'ended';
  }

  onBatch(batch: EncodedBatch): void {
    if (this.#state !== 'live' || this.#cursor === undefined) return;
    const order = compareCursors(batch.after, this.#cursor);
    if (order > 0 || batch.events.some(({ event }) => this.#ports.changesRights(event))) {
      // The reader began later than this client stands, or other rights are to be loaded first: read from the store
      // what lies between.
      this.#state = 'replaying';
      void this.#replay();
      return;
    }
    for (const one of batch.events) {
      // Only where the replay has read ahead of the reader.
      if (order < 0 && compareCursors(one.cursor, this.#cursor) <= 0) continue;
      this.#cursor = one.cursor;
      this.#send(one);
    }
  }

  #send({ event, audience, frame }: EncodedEvent): void {
    if (isOfTopics(event, this.#topics) && this.#sees(audience)) this.#ports.sendEvent(frame());
  }

  /** Goes on through outages of the database: the client waits, its place is kept. */
  async #replay(): Promise<void> {
    while (this.#state === 'replaying') {
      try {
        if (await this.#readPage()) return;
      } catch (error) {
        if (this.#isEnded()) return;
        if (error instanceof AppError) {
          this.end();
          this.#ports.onRefused(error);
          return;
        }
        this.#ports.log.debug({ err: error }, 'Events could not be read for a client; trying again.');
        await this.#ports.waitToRetry();
      }
    }
  }

  /** True when the client is live. Batches from then on may already have begun another replay. */
  async #readPage(): Promise<boolean> {
    const ports = this.#ports;
    const known = ports.livePosition();
    const cursor = this.#cursor ?? (await ports.presentCursor());
    const page = await ports.readAfter(cursor);
    // After the page, so that whatever the page tells of rights is known.
    this.#sees = await ports.loadSight();
    if (this.#isEnded()) return false;
    if (!this.#isAnnounced) ports.onSubscribed(cursor);
    this.#isAnnounced = true;
    for (const one of page.events) this.#send(one);
    // All that was live before the read lies in it, so an empty rest reaches at least as far.
    const isBehind = !page.more && known !== null && compareCursors(known, page.cursor) > 0;
    this.#cursor = isBehind ? known : page.cursor;
    await ports.whenReady();
    if (this.#isEnded() || page.more) return false;
    // Nothing is awaited from here on: no batch can come in between.
    const live = ports.livePosition();
    if (live !== null && compareCursors(live, this.#cursor) > 0) return false;
    this.#state = 'live';
    if (!this.#isCaughtUp) ports.onCaughtUp(this.#cursor);
    this.#isCaughtUp = true;
    return true;
  }

  #isEnded(): boolean {
    return this.#state === 'ended';
  }
}

/** As `matchesTopic` of the contract for any of the topics, without walking through them. */
export function isOfTopics(event: GatheringEvent, topics: ReadonlySet<string>): boolean {
  return (
    topics.has('*') ||
    topics.has(event.type) ||
    topics.has(event.subject) ||
    topics.has(event.type.slice(0, event.type.indexOf('.'))) ||
    event.related.some((name) => topics.has(name))
  );
}
