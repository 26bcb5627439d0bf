// Pieces of answers on their way to browsers, in this process at once and to other instances a moment later.
// Lossy by design: nothing is stored, what cannot be sent in time is dropped, and publishing never waits and never throws.
import { randomUUID } from 'node:crypto';
import { type Delta, deltaSchema } from '@gathering/contract/frames';
import * as z from 'zod';
import type { Database } from './db/database.ts';
import type { Log } from './log.ts';

export type OnDelta = (chatId: string, turnId: string, sequence: number, delta: Delta) => void;

export interface OpenDeltaBus {
  publish(chatId: string, turnId: string, sequence: number, delta: Delta): void;
  subscribe(onDelta: OnDelta): () => void;
  /** Resolves when pieces of other instances are heard; at once on the embedded database, which has none. */
  readonly listening: Promise<void>;
  close(): Promise<void>;
}

const channel = 'gathering_deltas';
const gapMs = 50;
const retryMs = 1_000;
/** PostgreSQL takes less than 8,000 bytes. */
const maxMessageBytes = 7_000;
const maxTextBytes = 5_000;
const maxOutputCharacters = 1_000;
const maxWaitingPieces = 2_000;

const pieceSchema = z.tuple([z.string(), z.string(), z.int(), deltaSchema]);
const messageSchema = z.strictObject({ from: z.string(), pieces: z.array(pieceSchema) });
type Piece = z.infer<typeof pieceSchema>;

/** One for the whole process: each speaks to the other instances on its own and ignores what it said itself. */
export function createDeltaBus(database: Database, log: Log): OpenDeltaBus {
  const listeners = new Set<{ run: OnDelta }>();
  const deliver = (...piece: Piece): void => {
    for (const { run } of listeners) {
      try {
        run(...piece);
      } catch (error) {
        log.error({ err: error }, 'A listener for pieces of answers failed.');
      }
    }
  };
  const relay = database.kind === 'server' ? new Relay(database, log, deliver) : undefined;
  return {
    publish: (...piece) => {
      deliver(...piece);
      relay?.add(piece);
    },
    subscribe: (run) => {
      const listener = { run };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    listening: relay?.listening ?? Promise.resolve(),
    close: async () => {
      listeners.clear();
      await relay?.close();
    },
  };
}

// Between instances over NOTIFY.
class Relay {
  readonly listening: Promise<void>;
  readonly #database: Database;
  readonly #log: Log;
  readonly #deliver: OnDelta;
  readonly #id = randomUUID();
  #waiting: Piece[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending = Promise.resolve();
  #unlisten: (() => Promise<void>) | undefined;
  #failed = false;
  #closed = false;

  constructor(database: Database, log: Log, deliver: OnDelta) {
    this.#database = database;
    this.#log = log;
    this.#deliver = deliver;
    this.listening = this.#listen();
  }

  add(piece: Piece): void {
    if (this.#closed) return;
    const last = this.#waiting.at(-1);
    const merged = last && mergeText(last, piece);
    if (merged) this.#waiting[this.#waiting.length - 1] = merged;
    else this.#waiting.push(piece);
    // The oldest go first: a page that shows an answer cares for its end.
    if (this.#waiting.length > maxWaitingPieces) this.#waiting.shift();
    this.#timer ??= setTimeout(() => this.#flush(), gapMs).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sending;
    await this.#unlisten?.();
  }

  #flush(): void {
    this.#sending = this.#send(packPieces(this.#id, this.#waiting.splice(0))).then(() => {
      this.#timer = undefined;
      if (this.#waiting.length > 0 && !this.#closed) this.#timer = setTimeout(() => this.#flush(), gapMs).unref();
    });
  }

  async #send(messages: readonly string[]): Promise<void> {
    try {
      for (const message of messages) await this.#database.notify(channel, message);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#log.warn({ err: error }, 'Pieces of answers do not reach other instances for now.');
      this.#failed = true;
    }
  }

  async #listen(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#unlisten = await this.#database.listen(channel, (message) => this.#hear(message));
        return;
      } catch (error) {
        this.#log.warn({ err: error }, 'Pieces of answers of other instances cannot be heard yet; trying again.');
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
      }
    }
  }

  #hear(text: string): void {
    // Instances of another version may share the database.
    const message = messageSchema.safeParse(readJson(text));
    if (!message.success) {
      this.#log.debug('A piece of an answer from another instance is not understood.');
      return;
    }
    if (message.data.from === this.#id) return;
    for (const piece of message.data.pieces) this.#deliver(...piece);
  }
}

/** Two texts of one turn that follow each other, as one with the later number. */
function mergeText([chatId, turnId, , first]: Piece, [nextChat, nextTurn, sequence, second]: Piece): Piece | undefined {
  if (chatId !== nextChat || turnId !== nextTurn || first.kind !== 'text' || second.kind !== 'text') return undefined;
  const text = first.text + second.text;
  return text.length > maxTextBytes / 4 ? undefined : [chatId, turnId, sequence, { kind: 'text', text }];
}

/** Messages of at most `maxMessageBytes`, together all pieces in their order, long ones shortened or in parts. */
export function packPieces(from: string, pieces: readonly Piece[]): string[] {
  const messages: string[] = [];
  const frame = Buffer.byteLength(JSON.stringify({ from, pieces: [] }));
  let texts: string[] = [];
  let bytes = frame;
  const finish = (): void => {
    if (texts.length > 0) messages.push(`{"from":${JSON.stringify(from)},"pieces":[${texts.join(',')}]}`);
    texts = [];
    bytes = frame;
  };
  for (const piece of pieces.flatMap(splitPiece)) {
    const text = JSON.stringify(piece);
    const more = Buffer.byteLength(text) + 1;
    if (frame + more > maxMessageBytes) continue;
    if (bytes + more > maxMessageBytes) finish();
    texts.push(text);
    bytes += more;
  }
  finish();
  return messages;
}

function splitPiece([chatId, turnId, sequence, delta]: Piece): Piece[] {
  switch (delta.kind) {
    case 'text':
      return splitText(delta.text).map((text) => [chatId, turnId, sequence, { kind: 'text', text }]);
    case 'tool-called': {
      const large = Buffer.byteLength(JSON.stringify(delta.input)) > maxTextBytes;
      return [[chatId, turnId, sequence, large ? { ...delta, input: null } : delta]];
    }
    case 'tool-ended': {
      const output = delta.output.slice(0, maxOutputCharacters);
      return [[chatId, turnId, sequence, { ...delta, output }]];
    }
    default:
      return [[chatId, turnId, sequence, delta]];
  }
}

/** Parts of bounded size in JSON, never cut inside of a character. */
function splitText(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let bytes = 0;
  for (const character of text) {
    const more = Buffer.byteLength(JSON.stringify(character)) - 2;
    if (bytes + more > maxTextBytes) {
      parts.push(part);
      part = '';
      bytes = 0;
    }
    part += character;
    bytes += more;
  }
  parts.push(part);
  return parts;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
