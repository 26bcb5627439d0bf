// A fetch for the adapter of a vendor that takes the key out of whatever comes back, also out of failures: some vendors,
// and what stands between, say the key that they were shown, and their words go into journals, logs and answers.
import { hideText } from '../../platform/redact.ts';

export function hideKey(apiKey: string, send: typeof fetch = fetch): typeof fetch {
  // Shorter ones are words that stand in any text.
  if (apiKey.length < 6) return send;
  return async (input, init) => {
    try {
      const reply = await send(input, init);
      if (!mayEcho(reply, apiKey)) return reply;
      return new Response(reply.body === null ? null : reply.body.pipeThrough(hideInStream(apiKey)), {
        status: reply.status,
        statusText: hideText(reply.statusText, apiKey),
        headers: hideInHeaders(reply.headers, apiKey),
      });
    } catch (error) {
      throw hideInError(error, apiKey);
    }
  };
}

/** A reply without a body, such as 204, cannot be made anew with one. */
function mayEcho(reply: Response, apiKey: string): boolean {
  return reply.body !== null || [...reply.headers.values()].some((value) => value.includes(apiKey));
}

function hideInHeaders(headers: Headers, apiKey: string): Headers {
  const kept = new Headers([...headers].map(([name, value]): [string, string] => [name, hideText(value, apiKey)]));
  // The body may be of another length, and is decoded already.
  for (const name of ['content-length', 'content-encoding']) kept.delete(name);
  return kept;
}

/** Holds back only what may be the beginning of the key, so that words are shown as they come. */
function hideInStream(apiKey: string): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let held = '';
  return new TransformStream({
    transform: (bytes, controller) => {
      const text = hideText(held + decoder.decode(bytes, { stream: true }), apiKey);
      held = beginningAtEnd(text, apiKey);
      const ready = text.slice(0, text.length - held.length);
      if (ready !== '') controller.enqueue(encoder.encode(ready));
    },
    flush: (controller) => {
      const rest = held + decoder.decode();
      if (rest !== '') controller.enqueue(encoder.encode(rest));
    },
  });
}

/** The longest end of a text that the key begins with. */
function beginningAtEnd(text: string, key: string): string {
  for (let length = Math.min(key.length - 1, text.length); length > 0; length--) {
    const end = text.slice(-length);
    if (key.startsWith(end)) return end;
  }
  return '';
}

/** A header that cannot be sent is named with its value by the engine. */
function hideInError(error: unknown, apiKey: string): unknown {
  if (!(error instanceof Error)) return error;
  const says = `${error.message} ${error.stack ?? ''} ${error.cause instanceof Error ? error.cause.message : ''}`;
  if (!says.includes(apiKey)) return error;
  return Object.assign(new Error(hideText(error.message, apiKey)), { name: error.name });
}
