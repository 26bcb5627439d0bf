// One client on one socket: its frames are read one after the other, its answers leave through its outbox.
// Invariant: nothing is carried out for it before its ticket was redeemed, nor after it was closed.
import type { Duplex } from 'node:stream';
import type { WebSocket } from '@fastify/websocket';
import { AppError, type ErrorCode } from '@gathering/contract/errors';
import { type ClientFrame, closeCodes, type ServerFrame } from '@gathering/contract/frames';
import { translate } from '../http/error-handler.ts';
import type { Log } from '../log.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { HubLimits } from './limits.ts';
import { Outbox } from './outbox.ts';
import { readFrame } from './read-frame.ts';

export interface ConnectionPorts<A> {
  /** Where the client comes from. */
  readonly network: string;
  readonly limits: HubLimits;
  readonly log: Log;
  /** Whoever holds the ticket; throws AppError when nobody does. */
  admit(): Promise<A>;
  /** Welcomes the client; frames are read only after. */
  onAdmitted(): Promise<void>;
  onFrame(actor: A, frame: ClientFrame): Promise<void>;
  /** Nothing can be sent any more; the socket may be open for some seconds yet. */
  onClosing(): void;
  onClosed(): void;
}

/** Waits for its turn at a client that sends faster than its frames are carried out. */
const mostFramesWaiting = 16;
/** In a row: whoever sends these does not speak our language. */
const mostBadFrames = 10;
const tryAgainLater = 1013;

export class Connection<A> {
  readonly #socket: WebSocket;
  readonly #ports: ConnectionPorts<A>;
  readonly #outbox: Outbox;
  readonly #gone = new AbortController();
  readonly #budget: TokenBucket;
  #actor: A | undefined;
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;
  #badFrames = 0;
  #isClosing = false;
  #isAlive = true;

  constructor(socket: WebSocket, stream: Duplex, ports: ConnectionPorts<A>) {
    const { limits } = ports;
    this.#socket = socket;
    this.#ports = ports;
    this.#outbox = new Outbox(socket, stream, limits, {
      onTooSlow: () => this.close(closeCodes.tooSlow, 'Too slow: reconnect with your last cursor.'),
      onProgress: () => this.#hearLife(),
    });
    this.#budget = new TokenBucket(limits.framesPerSecond, limits.framesBurst, performance.now());
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#onMessage(data, isBinary));
    socket.on('pong', () => this.#hearLife());
    socket.on('close', () => this.#onClose());
    this.#enqueue(() => this.#admit());
  }

  /** Undefined until the ticket was redeemed. */
  get actor(): A | undefined {
    return this.#actor;
  }

  get network(): string {
    return this.#ports.network;
  }

  /** With other rights from the next frame on. */
  become(actor: A): void {
    this.#actor = actor;
  }

  /** Aborted when the client is gone. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  send(frame: ServerFrame): void {
    this.#outbox.send(Buffer.from(JSON.stringify(frame)));
  }

  sendEncoded(frame: Buffer): void {
    this.#outbox.send(frame);
  }

  /** Dropped where the client does not keep up. */
  sendLossy(frame: Buffer): void {
    if (!this.#outbox.isBusy) this.#outbox.send(frame);
  }

  sendError(error: AppError, ref: string | undefined): void {
    this.send({ type: 'error', code: error.code, detail: error.message, ref });
  }

  /** Resolves at once while the client keeps up; otherwise when it has caught up or is gone. */
  async whenReady(): Promise<void> {
    if (this.#outbox.isBusy) await this.#outbox.drained();
  }

  /** What was sent before still goes out where the client reads it. */
  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#outbox.flush();
    this.#outbox.close();
    this.#socket.close(code, reason);
    // A client that is closed for what it sends is not read any further, but its own close must be.
    this.#socket.resume();
    this.#leave();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** False when nothing was heard since the last call; asks for a sign of life. */
  checkLife(): boolean {
    const wasAlive = this.#isAlive;
    this.#isAlive = false;
    if (wasAlive && this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
    return wasAlive;
  }

  #hearLife(): void {
    this.#isAlive = true;
  }

  #onClose(): void {
    this.#isClosing = true;
    this.#outbox.close();
    this.#leave();
    this.#ports.onClosed();
  }

  #leave(): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    this.#ports.onClosing();
  }

  async #admit(): Promise<void> {
    try {
      const actor = await this.#ports.admit();
      if (this.#isClosing) return;
      await this.#ports.onAdmitted();
      this.#actor = actor;
    } catch (error) {
      const refusal = this.#explain(error, 'A client could not be admitted.');
      this.sendError(refusal, undefined);
      const isRefused = refusal.code === 'auth.ticket-invalid';
      this.close(isRefused ? closeCodes.unauthorized : tryAgainLater, refusal.message.slice(0, 100));
    }
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#isClosing) return;
    this.#hearLife();
    const { maxFrameBytes } = this.#ports.limits;
    if (!this.#budget.take(performance.now())) {
      this.close(closeCodes.badFrames, 'Too many frames.');
    } else if (data.length > maxFrameBytes) {
      this.close(closeCodes.badFrames, `Frames have ${maxFrameBytes} bytes at most.`);
    } else {
      this.#enqueue(() =>
        isBinary ? this.#refuse('request.malformed', 'Frames are text.') : this.#read(data.toString()),
      );
    }
  }

  async #read(text: string): Promise<void> {
    const actor = this.#actor;
    if (actor === undefined) return;
    const reading = readFrame(text);
    if ('refusal' in reading) return this.#refuse(reading.refusal.code, reading.refusal.message, reading.ref);
    this.#badFrames = 0;
    try {
      await this.#ports.onFrame(actor, reading.frame);
    } catch (error) {
      this.sendError(this.#explain(error, `A frame ${reading.frame.type} failed.`), reading.frame.ref);
    }
  }

  async #refuse(code: ErrorCode, detail: string, ref?: string): Promise<void> {
    this.sendError(new AppError(code, { detail }), ref);
    this.#badFrames += 1;
    if (this.#badFrames >= mostBadFrames) this.close(closeCodes.badFrames, 'Too many frames that are not ours.');
  }

  #explain(error: unknown, what: string): AppError {
    const refusal = translate(error);
    if (refusal.code === 'server.bug') this.#ports.log.error({ err: error }, what);
    return refusal;
  }

  /** One after the other; a client that is ahead of us by too much is not read for a while. */
  #enqueue(work: () => Promise<void>): void {
    this.#waiting += 1;
    if (this.#waiting === mostFramesWaiting) this.#socket.pause();
    this.#work = this.#work.then(async () => {
      if (!this.#isClosing) await work();
      this.#waiting -= 1;
      if (this.#waiting === mostFramesWaiting - 1) this.#socket.resume();
    });
  }
}
