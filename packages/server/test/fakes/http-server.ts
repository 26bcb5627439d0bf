// A server of the outside world on a local port: notes every call and answers as the test says, at once or when told.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, TestRunner } from 'vitest';

export interface NotedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Whether the caller went away before it was answered. */
  wasAborted: boolean;
}

export type Answer = (call: NotedCall, reply: ServerResponse) => unknown;

export interface OutsideServer {
  readonly url: string;
  /** As GATHERING_EGRESS_ALLOW wants it. */
  readonly hostPort: string;
  readonly calls: readonly NotedCall[];
  callsOf(path: string): readonly NotedCall[];
  close(): Promise<void>;
}

/** Without an answer of its own it says `{"ok": true}`. Opened in a test, it closes with it. */
export async function startOutsideServer(answer: Answer = () => undefined): Promise<OutsideServer> {
  const calls: NotedCall[] = [];
  const server = createServer((request, reply) => void serve(request, reply, calls, answer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => closeNow(server);
  if (TestRunner.getCurrentTest()) onTestFinished(close);
  return {
    url: `http://127.0.0.1:${port}`,
    hostPort: `127.0.0.1:${port}`,
    calls,
    callsOf: (path) => calls.filter((call) => call.path === path),
    close,
  };
}

async function serve(request: IncomingMessage, reply: ServerResponse, calls: NotedCall[], answer: Answer) {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const { method = '', url = '', headers } = request;
  const call: NotedCall = { method, path: url, headers, body, wasAborted: false };
  reply.on('close', () => {
    call.wasAborted = !reply.writableFinished;
  });
  calls.push(call);
  if ((await answer(call, reply)) === 'hang' || reply.writableEnded || reply.headersSent) return;
  reply.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
}

function closeNow(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  return closed;
}
