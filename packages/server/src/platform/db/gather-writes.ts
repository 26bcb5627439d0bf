// Sends what one pass of the event loop has for a connection in one write: each write wakes the database's process, and a
// transaction here is several statements that are sent without waiting for the answers of each.
import type { Writable } from 'node:stream';
import type { ClientBase } from 'pg';

const gathering = new WeakSet<Writable>();

/** Call it before a statement is sent. The writes go out when the pass ends, in their order; a lone one hardly later. */
export function gatherWrites(client: ClientBase): void {
  const stream = streamOf(client);
  if (stream === undefined || gathering.has(stream)) return;
  gathering.add(stream);
  stream.cork();
  setImmediate(() => {
    gathering.delete(stream);
    stream.uncork();
  });
}

/** The types of node-postgres leave its connection out; without one nothing is gathered and all else is the same. */
function streamOf(client: ClientBase): Writable | undefined {
  if (!('connection' in client)) return undefined;
  const { connection } = client;
  if (typeof connection !== 'object' || connection === null || !('stream' in connection)) return undefined;
  return connection.stream as Writable;
}
