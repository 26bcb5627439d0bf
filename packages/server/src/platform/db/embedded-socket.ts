// PGlite as the socket of a node-postgres client: what the client writes is executed at once, the answer is what it reads.
// So both kinds of database share one client, one way to send values and one way to read them.
import { Duplex } from 'node:stream';
import type { PGlite } from '@electric-sql/pglite';

// AuthenticationOk, then ReadyForQuery outside a transaction: what a server answers to a trusted start.
const welcome = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
const terminate = 0x58;
const startup = 0;

// PGlite answers within the call, so without a pause a busy database would keep timers and sockets waiting.
const pauseAfterMs = 8;

/** `onBroken` hears that the engine stopped answering, after which nothing will work any more. */
export function makeEmbeddedSocket(lite: PGlite, onBroken: (error: Error) => void): Duplex {
  let busySince = 0;

  const execute = (message: Buffer, done: (error?: Error) => void): void => {
    const started = performance.now();
    const answer: Buffer[] = [];
    lite
      // The callback form neither parses the answer a second time nor keeps it.
      .execProtocolRawStream(message, { syncToFs: false, onRawData: (bytes) => answer.push(Buffer.from(bytes)) })
      .then(() => {
        if (answer.length === 0) throw new Error('The embedded database stopped answering.');
        socket.push(Buffer.concat(answer));
        busySince += performance.now() - started;
        if (busySince < pauseAfterMs) return done();
        busySince = 0;
        setImmediate(done);
      })
      .catch((cause: unknown) => {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        onBroken(error);
        done(error);
      });
  };

  const write = (message: Buffer, done: (error?: Error) => void): void => {
    if (message[0] === startup) {
      socket.push(welcome);
      done();
    } else if (message[0] === terminate) {
      socket.push(null);
      done();
    } else {
      execute(message, done);
    }
  };

  const socket = new Duplex({
    read: () => {
      // Answers are pushed when they are there.
    },
    write: (chunk: Buffer, _encoding, done) => write(chunk, done),
    writev: (chunks, done) => write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
  });
  // What node-postgres asks of a network socket.
  return Object.assign(socket, {
    connect: () => queueMicrotask(() => socket.emit('connect')),
    setNoDelay: () => socket,
    setKeepAlive: () => socket,
    ref: () => socket,
    unref: () => socket,
  });
}
