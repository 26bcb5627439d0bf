// All sockets of this process: lets clients in, gives them the events of their topics and the pieces of the chats that they
// watch, and hands frames of features to whoever registered for them. Knows no feature; boot fills the ports.
import type { Duplex } from 'node:stream';
import type { WebSocket } from '@fastify/websocket';
import { AppError } from '@gathering/contract/errors';
import type { GatheringEvent } from '@gathering/contract/events';
import {
  type ClientFrame,
  closeCodes,
  type Delta,
  framePermissions,
  type ServerFrame,
} from '@gathering/contract/frames';
import type { Permission } from '@gathering/contract/permissions';
import type { Log } from '../log.ts';
import { networkOf } from '../network-of.ts';
import { Connection } from './connection.ts';
import { encodeBatch, encodeEvent, encodeFrame } from './encode-frames.ts';
import { defaultLimits, type HubLimits } from './limits.ts';
import type { Audience, EventSource } from './live-events.ts';
import { Subscription } from './subscription.ts';

export interface HubPorts<A, C> {
  readonly source: EventSource;
  /** Pieces of answers of any chat. Returns how to stop. */
  onDelta(run: (chatId: string, turnId: string, sequence: number, delta: Delta) => void): () => void;
  /** Whom a ticket lets in, once, from this network address; null: nobody. */
  redeemTicket(ticket: string, address: string): Promise<A | null>;
  /** Those of these whose session or key lasts, with the rights that they have here. */
  findStillAdmitted(actors: readonly A[]): Promise<ReadonlySet<A>>;
  /** The same client with its rights of this moment; null: it is let in no more. */
  reload(actor: A): Promise<A | null>;
  may(actor: A, permission: Permission): boolean;
  /** Whether an event is for this client, apart from the permission to read events. */
  sees(actor: A, audience: Audience): boolean;
  /** The event tells that the rights of this client may have changed. */
  changesRights(actor: A, event: GatheringEvent): boolean;
  /** Whose connections are counted together; left out: nobody's are. */
  userOf?(actor: A): string;
  /** `signal` is aborted when the client is gone. */
  makeCtx(actor: A, signal: AbortSignal): C;
  readonly version: string;
  readonly log: Log;
  readonly limits?: Partial<HubLimits>;
}

/** What a feature's handler sees of the client. */
export interface FrameClient {
  send(frame: ServerFrame): void;
  /** Receive the pieces of these chats, in place of those watched before. */
  watch(chatIds: readonly string[]): void;
}

export type FrameType = Exclude<ClientFrame['type'], 'subscribe' | 'unsubscribe' | 'ping'>;
export type FrameOf<T extends ClientFrame['type']> = Extract<ClientFrame, { type: T }>;

/** What it returns is the answer; when it returns nothing, `done` is. Refuses by throwing AppError. */
export type FrameHandler<C, T extends FrameType> = (
  ctx: C,
  frame: FrameOf<T>,
  client: FrameClient,
) => Promise<ServerFrame | undefined> | Promise<void>;

type Handler<C> = (ctx: C, frame: ClientFrame, client: FrameClient) => Promise<ServerFrame | undefined>;

const sessionEnded = 'The session has ended, or its rights have changed.';

export class Hub<A, C> {
  readonly #ports: HubPorts<A, C>;
  readonly #limits: HubLimits;
  readonly #handlers = new Map<string, Handler<C>>();
  readonly #connections = new Set<Connection<A>>();
  readonly #users = new Map<Connection<A>, string>();
  readonly #subscriptions = new Map<Connection<A>, Subscription>();
  readonly #watchers = new Map<string, Set<Connection<A>>>();
  readonly #watched = new Map<Connection<A>, readonly string[]>();
  /** Who waits for the end of a connection. */
  readonly #onGone = new Map<Connection<A>, () => void>();
  readonly #stopDeltas: () => void;
  #stopBatches: (() => void) | undefined;
  #livePosition: string | null = null;
  #heartbeat: NodeJS.Timeout | undefined;
  #sessionChecks: NodeJS.Timeout | undefined;
  /** The check that runs; another one that is asked for meanwhile follows it. */
  #checking: Promise<void> | undefined;
  #checkAgain = false;
  #isDraining = false;

  constructor(ports: HubPorts<A, C>) {
    this.#ports = ports;
    this.#limits = { ...defaultLimits, ...ports.limits };
    this.#stopDeltas = ports.onDelta((...piece) => this.#onDelta(...piece));
  }

  /** Registers who carries out a frame, before the first client comes. */
  handle<T extends FrameType>(type: T, handler: FrameHandler<C, T>): void {
    if (this.#handlers.has(type)) throw new Error(`Two handlers for the frame ${type}.`);
    this.#handlers.set(type, async (ctx, frame, client) => {
      const result = await handler(ctx, frame as FrameOf<T>, client);
      return result ?? undefined;
    });
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Throws the refusal to answer on HTTP, before a socket is opened. */
  refuseIfFull(network: string): void {
    if (this.#isDraining) throw new AppError('server.draining');
    if (this.#connections.size >= this.#limits.maxConnections) throw new AppError('server.overloaded');
    const { maxPerNetwork } = this.#limits;
    if (this.#count((connection) => connection.network === network) < maxPerNetwork) return;
    const detail = `Your network has ${maxPerNetwork} open sockets here; close some.`;
    throw new AppError('request.too-many', { detail, retryAfterSeconds: 30 });
  }

  /** Takes over an open socket; `stream` is the network connection below it. */
  accept(socket: WebSocket, stream: Duplex, ticket: string, address: string): void {
    if (this.#isDraining) {
      socket.close(closeCodes.goingAway, 'The server ends.');
      return;
    }
    const connection: Connection<A> = new Connection<A>(socket, stream, {
      network: networkOf(address),
      limits: this.#limits,
      log: this.#ports.log,
      admit: async () => {
        const actor = await this.#ports.redeemTicket(ticket, address);
        if (actor === null) throw new AppError('auth.ticket-invalid');
        this.#countForUser(connection, actor);
        return actor;
      },
      onAdmitted: async () => {
        const cursor = await this.#ports.source.presentCursor();
        connection.send({ type: 'welcome', cursor, version: this.#ports.version });
      },
      onFrame: (actor, frame) => this.#onFrame(connection, actor, frame),
      onClosing: () => {
        this.#unsubscribe(connection);
        this.#watch(connection, []);
      },
      onClosed: () => {
        this.#connections.delete(connection);
        this.#users.delete(connection);
        this.#onGone.get(connection)?.();
      },
    });
    this.#connections.add(connection);
    this.#heartbeat ??= setInterval(() => this.checkClients(), this.#limits.heartbeatMs).unref();
    this.#sessionChecks ??= setInterval(() => void this.closeEndedSessions(), this.#limits.sessionCheckMs).unref();
  }

  /** Cuts clients that gave no sign of life since the last call. */
  checkClients(): void {
    for (const connection of this.#connections) if (!connection.checkLife()) connection.terminate();
  }

  /**
   * Closes the connections whose session or key has ended. Resolves after a check that began
   * after this call: however many call at once, one runs at a time.
   */
  async closeEndedSessions(): Promise<void> {
    this.#checkAgain = true;
    this.#checking ??= this.#checkUntilQuiet();
    await this.#checking;
  }

  async #checkUntilQuiet(): Promise<void> {
    while (this.#checkAgain) {
      this.#checkAgain = false;
      await this.#checkSessions();
    }
    this.#checking = undefined;
  }

  async #checkSessions(): Promise<void> {
    const held = [...this.#connections].flatMap((connection) => {
      const { actor } = connection;
      return actor === undefined ? [] : [{ connection, actor }];
    });
    if (held.length === 0) return;
    const admitted = await this.#findStillAdmitted(held.map(({ actor }) => actor));
    for (const { connection, actor } of held) {
      if (admitted.has(actor)) continue;
      // Whose rights were read anew meanwhile was not asked about: the next look tells.
      if (connection.actor === actor) this.#sendAway(connection);
      else this.#checkAgain = true;
    }
  }

  #sendAway(connection: Connection<A>): void {
    connection.sendError(new AppError('auth.required', { detail: sessionEnded }), undefined);
    connection.close(closeCodes.unauthorized, sessionEnded);
  }

  /** Whoever is there, with the rights of this moment; null: they were sent away. */
  async #reload(connection: Connection<A>, actor: A): Promise<A | null> {
    const current = await this.#ports.reload(actor);
    if (current === null) this.#sendAway(connection);
    else connection.become(current);
    return current;
  }

  /** Tells every client that the server ends and closes; resolves when all are gone, or were cut after a while. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    clearInterval(this.#heartbeat);
    clearInterval(this.#sessionChecks);
    this.#stopDeltas();
    const gone = [...this.#connections].map((connection) => {
      const closed = new Promise<void>((resolve) => this.#onGone.set(connection, resolve));
      connection.send({ type: 'draining' });
      connection.close(closeCodes.goingAway, 'The server ends: reconnect with your cursor.');
      return closed;
    });
    const cut = setTimeout(() => {
      for (const connection of this.#connections) connection.terminate();
    }, this.#limits.closeMs);
    await Promise.all(gone);
    clearTimeout(cut);
  }

  /** Counted from here on, before the client is welcomed: many at once are no more than one after another. */
  #countForUser(connection: Connection<A>, actor: A): void {
    const user = this.#ports.userOf?.(actor);
    if (user === undefined) return;
    const { maxPerUser } = this.#limits;
    if (this.#count((other) => this.#users.get(other) === user) >= maxPerUser)
      throw new AppError('request.too-many', { detail: `You have ${maxPerUser} open sockets here; close some.` });
    this.#users.set(connection, user);
  }

  #count(fits: (connection: Connection<A>) => boolean): number {
    let count = 0;
    for (const connection of this.#connections) if (fits(connection)) count += 1;
    return count;
  }

  async #findStillAdmitted(actors: readonly A[]): Promise<ReadonlySet<A>> {
    try {
      return await this.#ports.findStillAdmitted(actors);
    } catch (error) {
      // Nobody is sent away because the database is; without it nothing is carried out for them either.
      this.#ports.log.debug({ err: error }, 'Sessions could not be checked.');
      return new Set(actors);
    }
  }

  async #onFrame(connection: Connection<A>, known: A, frame: ClientFrame): Promise<void> {
    if (frame.type === 'ping') return connection.send({ type: 'pong', ref: frame.ref });
    const actor = await this.#reload(connection, known);
    if (actor === null) return;
    const permission = framePermissions[frame.type];
    if (!this.#ports.may(actor, permission)) throw new AppError('auth.forbidden', { detail: `Needs ${permission}.` });
    switch (frame.type) {
      case 'subscribe':
        return this.#subscribe(connection, actor, frame);
      case 'unsubscribe':
        this.#unsubscribe(connection);
        return connection.send({ type: 'done', ref: frame.ref });
      default:
        return this.#runHandler(connection, actor, frame);
    }
  }

  async #runHandler(connection: Connection<A>, actor: A, frame: FrameOf<FrameType>): Promise<void> {
    const handler = this.#handlers.get(frame.type);
    if (handler === undefined)
      throw new AppError('request.not-found', { detail: `Nothing here answers ${frame.type}.` });
    const client: FrameClient = {
      send: (answer) => connection.send(answer),
      watch: (chatIds) => this.#watch(connection, chatIds),
    };
    const ctx = this.#ports.makeCtx(actor, connection.signal);
    connection.send((await handler(ctx, frame, client)) ?? { type: 'done', ref: frame.ref });
  }

  #subscribe(connection: Connection<A>, actor: A, { topics, cursor, ref }: FrameOf<'subscribe'>): void {
    this.#subscriptions.get(connection)?.end();
    const { source, log, sees, may } = this.#ports;
    const subscription = new Subscription(topics, cursor, {
      presentCursor: () => source.presentCursor(),
      readAfter: async (after) => {
        const page = await source.readAfter(after, this.#limits.pageSize);
        return { ...page, events: page.events.map(encodeEvent) };
      },
      loadSight: async () => {
        const current = await this.#reload(connection, actor);
        const isReader = current !== null && may(current, framePermissions.subscribe);
        return (audience) => isReader && sees(current, audience);
      },
      changesRights: (event) => this.#ports.changesRights(actor, event),
      livePosition: () => this.#livePosition,
      onSubscribed: (start) => connection.send({ type: 'subscribed', cursor: start, ref }),
      onCaughtUp: (position) => connection.send({ type: 'caught-up', cursor: position }),
      onRefused: (error) => connection.sendError(error, ref),
      sendEvent: (frame) => connection.sendEncoded(frame),
      whenReady: () => connection.whenReady(),
      waitToRetry: () => waitOrGone(this.#limits.retryMs, connection.signal),
      log,
    });
    this.#subscriptions.set(connection, subscription);
    this.#stopBatches ??= source.onBatch((batch) => {
      this.#livePosition = batch.cursor;
      const encoded = encodeBatch(batch);
      for (const each of this.#subscriptions.values()) each.onBatch(encoded);
    });
    subscription.start();
  }

  #unsubscribe(connection: Connection<A>): void {
    this.#subscriptions.get(connection)?.end();
    this.#subscriptions.delete(connection);
    if (this.#subscriptions.size > 0) return;
    // Nobody reads, so nothing is read.
    this.#stopBatches?.();
    this.#stopBatches = undefined;
    this.#livePosition = null;
  }

  #watch(connection: Connection<A>, chatIds: readonly string[]): void {
    for (const chatId of this.#watched.get(connection) ?? []) {
      const watchers = this.#watchers.get(chatId);
      watchers?.delete(connection);
      if (watchers?.size === 0) this.#watchers.delete(chatId);
    }
    if (chatIds.length === 0 || connection.signal.aborted) {
      this.#watched.delete(connection);
      return;
    }
    this.#watched.set(connection, chatIds);
    for (const chatId of chatIds) {
      const watchers = this.#watchers.get(chatId) ?? new Set();
      this.#watchers.set(chatId, watchers.add(connection));
    }
  }

  #onDelta(chatId: string, turnId: string, sequence: number, delta: Delta): void {
    const watchers = this.#watchers.get(chatId);
    if (watchers === undefined) return;
    const frame = encodeFrame({ type: 'agents.delta', chatId, turnId, sequence, delta });
    for (const connection of watchers) connection.sendLossy(frame);
  }
}

function waitOrGone(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
