// A handshake for a socket with headers as they are given, and the status that answers it.
import { request } from 'node:http';

export function upgrade(url: string, ticket: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/ws?ticket=${encodeURIComponent(ticket)}`, {
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16, 1).toString('base64'),
        ...headers,
      },
    });
    asked.once('upgrade', (reply, socket) => {
      socket.destroy();
      resolve(reply.statusCode ?? 0);
    });
    asked.once('response', (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    });
    asked.once('error', (error) => reject(new Error(`No answer to ${JSON.stringify(headers)}.`, { cause: error })));
    asked.end();
  });
}
