// A WebSocket client on a bare connection that can stop reading, as no client library of ours can. For tests only.
import { connect } from 'node:net';

interface Message {
  readonly kind: number;
  readonly body: Buffer;
}

const text = 1;
const closing = 8;

/** Resolves when the first frame, the welcome, has come. */
export async function openRawSocket(address: string) {
  const { hostname, port, host } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port) });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // A cut connection is what these tests are about.
  socket.on('error', () => undefined);
  const texts: string[] = [];
  const waiting = new Set<() => void>();
  let code: number | undefined;
  let bytes: Buffer = Buffer.alloc(0);
  let isOpen = false;
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    isOpen ||= dropHead();
    if (!isOpen) return;
    for (let message = takeMessage(); message !== undefined; message = takeMessage()) {
      if (message.kind === text) texts.push(message.body.toString());
      if (message.kind !== closing) continue;
      code = message.body.readUInt16BE(0);
      socket.end();
    }
    for (const look of [...waiting]) look();
  });
  const dropHead = (): boolean => {
    const end = bytes.indexOf('\r\n\r\n');
    if (end >= 0) bytes = bytes.subarray(end + 4);
    return end >= 0;
  };
  const takeMessage = (): Message | undefined => {
    const size = readSize(bytes);
    if (size === undefined || bytes.length < size.head + size.length) return undefined;
    const message = { kind: bytes.readUInt8(0) & 0x0f, body: bytes.subarray(size.head, size.head + size.length) };
    bytes = bytes.subarray(size.head + size.length);
    return message;
  };
  const untilType = (type: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!texts.some((message) => message.includes(`"type":"${type}"`))) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  socket.write(upgradeRequest(host));
  await untilType('welcome');
  return {
    /** All messages so far. */
    texts: texts as readonly string[],
    closed,
    untilType,
    write: (frame: unknown) => socket.write(encodeMessage(JSON.stringify(frame))),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    destroy: () => socket.destroy(),
    /** Reads on until the server closed: with which code, and all that came. */
    readToEnd: async () => {
      socket.resume();
      await closed;
      return { code, texts };
    },
  };
}

function upgradeRequest(host: string): string {
  const key = Buffer.alloc(16).toString('base64');
  return `GET /ws?ticket=good HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
}

/** RFC 6455, 5.2: seven bits, or two or eight bytes after them. A server does not mask. */
function readSize(bytes: Buffer): { head: number; length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  if (short < 126) return { head: 2, length: short };
  if (short === 126) return bytes.length < 4 ? undefined : { head: 4, length: bytes.readUInt16BE(2) };
  return bytes.length < 10 ? undefined : { head: 10, length: Number(bytes.readBigUInt64BE(2)) };
}

function encodeMessage(message: string): Buffer {
  const body = Buffer.from(message);
  // A mask of zeros is a mask.
  return Buffer.concat([
    Buffer.from([0x80 | text, 0x80 | 126, body.length >> 8, body.length & 0xff, 0, 0, 0, 0]),
    body,
  ]);
}
