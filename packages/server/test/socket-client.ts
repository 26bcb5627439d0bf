// A client of /ws for tests. Invariant: every frame that it receives is checked against the contract.
import { type ClientFrame, type ServerFrame, serverFrameSchema } from '@gathering/contract/frames';
import { WebSocket } from 'undici';

export type FrameOf<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>;

export interface SocketClient {
  /** All frames so far. */
  readonly frames: readonly ServerFrame[];
  readonly closed: Promise<{ code: number; reason: string }>;
  send(frame: ClientFrame): void;
  /** Whatever it is, as it is. */
  sendRaw(data: string | Uint8Array): void;
  /** The first frame of the type, and of the condition, that nobody has taken yet; waits for it. */
  take<T extends ServerFrame['type']>(type: T, fits?: (frame: FrameOf<T>) => boolean): Promise<FrameOf<T>>;
  close(): void;
}

/** Resolves when the socket is open; rejects when the server refuses it. */
export async function connectSocket(
  address: string,
  options: { ticket?: string; headers?: Record<string, string>; onFrame?: (frame: ServerFrame) => void } = {},
): Promise<SocketClient> {
  const url = `${address.replace(/^http/, 'ws')}/ws?ticket=${encodeURIComponent(options.ticket ?? 'good')}`;
  const socket = new WebSocket(url, { headers: options.headers ?? {} });
  const frames: ServerFrame[] = [];
  const taken = new Set<ServerFrame>();
  const waiting = new Set<() => void>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  let end: { code: number; reason: string } | undefined;
  const wake = () => {
    for (const run of [...waiting]) run();
  };
  socket.addEventListener('message', ({ data }) => {
    const frame = serverFrameSchema.parse(JSON.parse(String(data)));
    frames.push(frame);
    options.onFrame?.(frame);
    wake();
  });
  socket.addEventListener('close', ({ code, reason }) => {
    end = { code, reason };
    closed.resolve(end);
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('error', () => reject(new Error('The server refused the socket.')), { once: true });
  });
  const take = <T extends ServerFrame['type']>(type: T, fits: (frame: FrameOf<T>) => boolean = () => true) =>
    new Promise<FrameOf<T>>((resolve, reject) => {
      const look = () => {
        const found = frames.find(
          (frame): frame is FrameOf<T> => frame.type === type && !taken.has(frame) && fits(frame as FrameOf<T>),
        );
        if (found === undefined && end === undefined) return;
        waiting.delete(look);
        if (found === undefined) return reject(new Error(`Closed with ${end?.code} before a frame ${type} came.`));
        taken.add(found);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return {
    frames,
    closed: closed.promise,
    send: (frame) => socket.send(JSON.stringify(frame)),
    sendRaw: (data) => socket.send(data),
    take,
    close: () => socket.close(),
  };
}
