// Takes in what is left of a request's body before it is refused: a connection closed over unread data is reset,
// and the caller would see a broken connection in place of the refusal.
import type { IncomingMessage } from 'node:http';

const mostBytes = 64 * 1024 * 1024;
const longestMs = 5_000;

/** Resolves at the end of the body, or when waiting for it is not worth it any more. Nothing is kept. */
export function readToEnd(request: IncomingMessage): Promise<void> {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  if (!hasBody || request.complete || request.destroyed) return Promise.resolve();
  if (Number(request.headers['content-length']) > mostBytes) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const end = () => {
      clearTimeout(timer);
      request.off('data', onData).off('end', end).off('close', end).off('error', end);
      resolve();
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostBytes) end();
    };
    const timer = setTimeout(end, longestMs);
    request.on('data', onData).once('end', end).once('close', end).once('error', end);
    request.resume();
  });
}
