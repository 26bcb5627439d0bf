// LISTEN on a connection of its own to a PostgreSQL server. Invariant: while open, every channel is listened to, or a
// reconnection is under way after which every listener is told that it may have missed something.
import pg from 'pg';
import type { Log } from '../log.ts';
import { describeFailure } from './failures.ts';
import { runOutsideTransaction } from './transaction-guard.ts';

const firstDelayMs = 100;
const longestDelayMs = 5_000;
const heartbeatMs = 15_000;
const answerMs = 5_000;

interface Listener {
  onNotification: (payload: string) => void;
  onReconnect: (() => void) | undefined;
  onLost: (() => void) | undefined;
}

export class ServerListener {
  readonly #url: string;
  readonly #where: string;
  readonly #log: Log;
  readonly #channels = new Map<string, Set<Listener>>();
  #connection: Promise<pg.Client> | undefined;
  #delayMs = firstDelayMs;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(url: string, where: string, log: Log) {
    this.#url = url;
    this.#where = where;
    this.#log = log;
  }

  async listen(channel: string, listener: Listener): Promise<() => Promise<void>> {
    let listeners = this.#channels.get(channel);
    if (listeners === undefined) {
      listeners = new Set();
      this.#channels.set(channel, listeners);
    }
    listeners.add(listener);
    const forget = async (): Promise<void> => {
      if (!listeners.delete(listener) || listeners.size > 0 || this.#closed) return;
      if (this.#channels.get(channel) === listeners) this.#channels.delete(channel);
      await this.#send(`unlisten ${pg.escapeIdentifier(channel)}`);
    };
    try {
      await this.#send(`listen ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      listeners.delete(listener);
      throw describeFailure(error, this.#where);
    }
    return forget;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const client = await this.#connection?.catch(() => undefined);
    await client?.end();
  }

  async #send(text: string): Promise<void> {
    const client = await this.#connect();
    await client.query(text);
  }

  #connect(): Promise<pg.Client> {
    this.#connection ??= this.#open();
    return this.#connection;
  }

  async #open(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'gathering-listen',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      query_timeout: answerMs,
      pipeline: true,
    });
    client.on('notification', ({ channel, payload }) => this.#deliver(channel, payload ?? ''));
    client.on('error', (error) => this.#log.debug({ err: error }, 'The connection for notifications broke.'));
    client.once('end', () => this.#onEnd(client));
    try {
      await client.connect();
      for (const channel of this.#channels.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      this.#connection = undefined;
      await client.end().catch(() => {
        // It never opened, which is what the caller hears.
      });
      throw error;
    }
    this.#delayMs = firstDelayMs;
    this.#beat(client);
    return client;
  }

  #deliver(channel: string, payload: string): void {
    for (const listener of this.#channels.get(channel) ?? []) {
      runOutsideTransaction(() => this.#call(() => listener.onNotification(payload)));
    }
  }

  #tell(what: (listener: Listener) => (() => void) | undefined): void {
    for (const listeners of this.#channels.values()) {
      for (const listener of listeners) {
        const run = what(listener);
        if (run !== undefined) this.#call(run);
      }
    }
  }

  #call(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#log.error({ err: error }, 'A listener for notifications failed.');
    }
  }

  // A network that swallows packets ends no connection: ask, and give up a connection that does not answer.
  #beat(client: pg.Client): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      client.query('select 1').then(
        () => !this.#closed && this.#beat(client),
        () => client.end(),
      );
    }, heartbeatMs);
    this.#timer.unref();
  }

  #onEnd(client: pg.Client): void {
    client.removeAllListeners('notification');
    if (this.#connection === undefined || this.#closed) return;
    this.#connection = undefined;
    this.#tell(({ onLost }) => onLost);
    this.#log.warn({ where: this.#where }, 'The connection for notifications was lost; connecting again.');
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    clearTimeout(this.#timer);
    const wait = this.#delayMs * (0.5 + Math.random() / 2);
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs);
    this.#timer = setTimeout(() => {
      if (this.#closed) return;
      this.#connect().then(
        () => {
          this.#log.info({ where: this.#where }, 'Notifications are heard again.');
          this.#tell(({ onReconnect }) => onReconnect);
        },
        () => !this.#closed && this.#reconnectLater(),
      );
    }, wait);
    // Not unref'd: while a process waits for notifications, coming back is its work.
  }
}
