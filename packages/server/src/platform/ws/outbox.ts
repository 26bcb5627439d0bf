// What goes out on one socket: gathered for some milliseconds, written at once, bounded in bytes.
// Invariant: a client that reads too slowly costs `maxBytes` and then its connection, never the memory of the process.
import type { Duplex } from 'node:stream';
import type { WebSocket } from '@fastify/websocket';

export interface OutboxOptions {
  /** Least time between two writes. */
  readonly gapMs: number;
  /** What may wait for the client before it counts as too slow. */
  readonly maxBytes: number;
  /** Above it nothing more is read for the client, and what is lossy is dropped. */
  readonly lowBytes: number;
}

export class Outbox {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #options: OutboxOptions;
  readonly #onTooSlow: () => void;
  readonly #onProgress: () => void;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #inFlight = 0;
  #lastFlush = Number.NEGATIVE_INFINITY;
  #scheduled: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #waiters: (() => void)[] = [];
  #closed = false;

  constructor(
    socket: WebSocket,
    stream: Duplex,
    options: OutboxOptions,
    hears: { onTooSlow: () => void; onProgress: () => void },
  ) {
    this.#socket = socket;
    this.#stream = stream;
    this.#options = options;
    this.#onTooSlow = hears.onTooSlow;
    this.#onProgress = hears.onProgress;
  }

  get isBusy(): boolean {
    return this.#bytes > this.#options.lowBytes;
  }

  get #bytes(): number {
    return this.#queuedBytes + this.#socket.bufferedAmount;
  }

  send(message: Buffer): void {
    if (this.#closed) return;
    this.#queue.push(message);
    this.#queuedBytes += message.length;
    // A burst is written as it grows, so that what counts is what the client did not take.
    if (this.#queuedBytes > this.#options.lowBytes) this.flush();
    else this.#schedule();
    if (this.#bytes <= this.#options.maxBytes) return;
    this.close();
    this.#onTooSlow();
  }

  /** Resolves when the system has taken over all that was sent, or the socket closed. */
  async drained(): Promise<void> {
    if (this.#closed || (this.#queue.length === 0 && this.#inFlight === 0)) return;
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Writes what waits, now. */
  flush(): void {
    this.#unschedule();
    if (this.#closed || this.#queue.length === 0) return;
    this.#lastFlush = performance.now();
    const messages = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#inFlight += 1;
    this.#stream.cork();
    for (const [index, message] of messages.entries()) {
      const isLast = index === messages.length - 1;
      this.#socket.send(message, { binary: false }, isLast ? () => this.#onWritten() : undefined);
    }
    this.#stream.uncork();
  }

  /** Forgets what waits; nothing can be sent any more. */
  close(): void {
    this.#closed = true;
    this.#unschedule();
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  #schedule(): void {
    if (this.#scheduled !== undefined) return;
    const waitMs = this.#options.gapMs - (performance.now() - this.#lastFlush);
    const flush = () => {
      this.#scheduled = undefined;
      this.flush();
    };
    this.#scheduled = waitMs > 0 ? setTimeout(flush, waitMs) : setImmediate(flush);
  }

  #unschedule(): void {
    if (this.#scheduled === undefined) return;
    // Both kinds may be given to both.
    clearTimeout(this.#scheduled as NodeJS.Timeout);
    clearImmediate(this.#scheduled as NodeJS.Immediate);
    this.#scheduled = undefined;
  }

  #onWritten(): void {
    this.#inFlight -= 1;
    this.#onProgress();
    if (this.#inFlight > 0 || this.#queue.length > 0) return;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}
