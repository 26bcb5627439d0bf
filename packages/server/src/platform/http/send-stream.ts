// Answers a stream of lines: written as fast as the caller reads, with no more than a piece in memory.
// Invariant: whoever fails before the first piece is refused as everywhere; later the connection breaks, so that half an
// answer is never taken for a whole one.
import { Readable } from 'node:stream';
import type { Route } from '@gathering/contract/route';
import type { FastifyReply } from 'fastify';

export async function sendStream(
  reply: FastifyReply,
  route: Route,
  result: unknown,
  check: boolean,
): Promise<FastifyReply> {
  const pieces = (result as AsyncIterable<string>)[Symbol.asyncIterator]();
  const first = await pieces.next();
  async function* all(): AsyncGenerator<string> {
    for (let piece = first; !piece.done; piece = await pieces.next()) {
      if (check) checkLines(route, piece.value);
      yield piece.value;
    }
  }
  return reply
    .code(route.status ?? 200)
    .header('content-type', `${route.stream}; charset=utf-8`)
    .header('content-disposition', `attachment; filename="${route.name}.jsonl"`)
    .send(Readable.from(all(), { objectMode: false }));
}

function checkLines(route: Route, text: string): void {
  for (const line of text.split('\n')) {
    const checked = line === '' ? undefined : route.reply.safeParse(JSON.parse(line));
    if (checked?.success === false) {
      throw new Error(`A line of ${route.name} breaks the contract.`, { cause: checked.error });
    }
  }
}
