// The one WebSocket of a tab: opened with a single-use ticket, resumed with the last cursor after any break, backing off
// while the server is away. What arrives is handed on in one batch per animation frame, so that bursts do not freeze the page.
import { socketTicketRoute } from '@gathering/contract/auth';
import { ApiError } from '@gathering/contract/client';
import type { GatheringEvent } from '@gathering/contract/events';
import { type ClientFrame, closeCodes, type Delta, type ServerFrame } from '@gathering/contract/frames';
import { backoffMs } from './backoff.ts';
import { call } from './client.ts';
import { createStore } from './store.ts';
import { readStored, writeStored } from './stored.ts';

export type Connection =
  | { readonly state: 'connecting' | 'live' }
  | { readonly state: 'catching-up'; readonly behindMs: number }
  | { readonly state: 'offline'; readonly retryAt: number };

export interface LiveEvent {
  readonly cursor: string;
  readonly event: GatheringEvent;
}
export interface LiveDelta {
  readonly chatId: string;
  readonly turnId: string;
  readonly delta: Delta;
}

export const connection = createStore<Connection>({ state: 'connecting' });

type Listener<T> = (batch: readonly T[]) => void;
const eventListeners = new Set<Listener<LiveEvent>>();
const deltaListeners = new Set<Listener<LiveDelta>>();
const lossListeners = new Set<() => void>();

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
export const onEvents = (listener: Listener<LiveEvent>): (() => void) => listen(eventListeners, listener);
export const onDeltas = (listener: Listener<LiveDelta>): (() => void) => listen(deltaListeners, listener);
/** Called when events may have been missed, so that all that is shown must be read again. */
export const onLoss = (listener: () => void): (() => void) => listen(lossListeners, listener);

const maxBatch = 5000;
/** More events than this at once are a burst. */
const burst = 20;
let lastBatch = 0;
let events: LiveEvent[] = [];
let deltas: LiveDelta[] = [];
let scheduled = false;

function flush(): void {
  scheduled = false;
  const [someEvents, someDeltas] = [events, deltas];
  events = [];
  deltas = [];
  lastBatch = someEvents.length;
  const last = someEvents.at(-1);
  if (last) {
    writeStored(sessionStorage, 'cursor', last.cursor);
    if (connection.get().state === 'catching-up') {
      connection.set({ state: 'catching-up', behindMs: Math.max(0, Date.now() - Date.parse(last.event.at)) });
    }
    for (const listener of eventListeners) listener(someEvents);
  }
  if (someDeltas.length > 0) for (const listener of deltaListeners) listener(someDeltas);
}

function schedule(): void {
  if (events.length + deltas.length >= maxBatch) {
    flush();
    return;
  }
  if (scheduled) return;
  scheduled = true;
  // A hidden tab has no frames; and in a burst drawing each frame would leave no time for anything else.
  if (document.visibilityState === 'hidden' || lastBatch > burst) setTimeout(flush, 100);
  else requestAnimationFrame(flush);
}

let socket: WebSocket | null = null;
let attempt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let wanted = false;
let opening = false;
let cursor: string | undefined;
let nextRef = 0;
const watched = new Map<string, number>();
const awaiting = new Map<string, { resolve: (frame: ServerFrame) => void; reject: (error: Error) => void }>();

function post(frame: ClientFrame): void {
  socket?.send(JSON.stringify(frame));
}

/** Sends a frame and answers with the frame that the server answers it with. Rejects when refused or cut off. */
export function ask(frame: ClientFrame): Promise<ServerFrame> {
  return new Promise((resolve, reject) => {
    if (socket?.readyState !== WebSocket.OPEN) {
      reject(new Error('The connection to the server is down.'));
      return;
    }
    nextRef += 1;
    const ref = `r${nextRef}`;
    awaiting.set(ref, { resolve, reject });
    post({ ...frame, ref });
  });
}

export function isOpen(): boolean {
  return socket?.readyState === WebSocket.OPEN;
}

/** Receives the tokens of a chat until the returned function is called. */
export function watchChat(chatId: string): () => void {
  const send = (): void => {
    if (isOpen()) post({ type: 'agents.watch', chatIds: [...watched.keys()].slice(-20) });
  };
  watched.set(chatId, (watched.get(chatId) ?? 0) + 1);
  send();
  return () => {
    const left = (watched.get(chatId) ?? 1) - 1;
    if (left > 0) watched.set(chatId, left);
    else watched.delete(chatId);
    send();
  };
}

function settle(frame: ServerFrame): void {
  const ref = 'ref' in frame ? frame.ref : undefined;
  const waiting = ref === undefined ? undefined : awaiting.get(ref);
  if (ref === undefined || waiting === undefined) return;
  awaiting.delete(ref);
  if (frame.type === 'error') waiting.reject(new Error(frame.detail));
  else waiting.resolve(frame);
}

function handle(frame: ServerFrame): void {
  settle(frame);
  switch (frame.type) {
    case 'welcome':
      attempt = 0;
      connection.set(cursor === undefined ? { state: 'live' } : { state: 'catching-up', behindMs: 0 });
      cursor ??= frame.cursor;
      post({ type: 'subscribe', topics: ['*'], cursor });
      if (watched.size > 0) post({ type: 'agents.watch', chatIds: [...watched.keys()].slice(-20) });
      return;
    case 'event':
      cursor = frame.cursor;
      events.push({ cursor: frame.cursor, event: frame.event });
      schedule();
      return;
    case 'caught-up':
      cursor = frame.cursor;
      writeStored(sessionStorage, 'cursor', cursor);
      connection.set({ state: 'live' });
      return;
    case 'agents.delta':
      deltas.push({ chatId: frame.chatId, turnId: frame.turnId, delta: frame.delta });
      schedule();
      return;
    case 'error':
      if (frame.code === 'events.cursor-invalid') {
        cursor = undefined;
        post({ type: 'subscribe', topics: ['*'] });
        for (const listener of lossListeners) listener();
      }
      return;
    default:
  }
}

function reconnectLater(): void {
  for (const waiting of awaiting.values()) waiting.reject(new Error('The connection to the server broke.'));
  awaiting.clear();
  if (!wanted) return;
  const delay = backoffMs(attempt, Math.random());
  attempt += 1;
  connection.set({ state: 'offline', retryAt: Date.now() + delay });
  timer = setTimeout(() => void open(), delay);
}

async function open(): Promise<void> {
  clearTimeout(timer);
  if (opening || socket !== null) return;
  opening = true;
  let ticket: string;
  try {
    ticket = (await call(socketTicketRoute, {})).ticket;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    reconnectLater();
    return;
  } finally {
    opening = false;
  }
  if (!wanted) return;
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const mine = new WebSocket(`${scheme}://${location.host}/ws?ticket=${encodeURIComponent(ticket)}`);
  socket = mine;
  mine.addEventListener('message', (message) => {
    if (socket === mine) handle(JSON.parse(String(message.data)) as ServerFrame);
  });
  mine.addEventListener('close', (close) => {
    if (socket !== mine) return;
    socket = null;
    // Too slow is no failure: the server asks to come back at once with the cursor.
    if (close.code === closeCodes.tooSlow) attempt = 0;
    reconnectLater();
  });
}

/** Connects and stays connected until the returned function is called. */
export function connect(): () => void {
  wanted = true;
  attempt = 0;
  const stored = readStored(sessionStorage, 'cursor');
  cursor = typeof stored === 'string' ? stored : undefined;
  void open();
  const wake = (): void => {
    if (wanted) void open();
  };
  addEventListener('online', wake);
  return () => {
    wanted = false;
    removeEventListener('online', wake);
    clearTimeout(timer);
    socket?.close();
    socket = null;
  };
}

export function retryNow(): void {
  attempt = 0;
  if (wanted) void open();
}
