// Frames as bytes. An event's are made when the first client wants it and shared by all.
import type { ServerFrame } from '@gathering/contract/frames';
import type { LiveBatch, LiveEvent } from './live-events.ts';
import type { EncodedBatch, EncodedEvent } from './subscription.ts';

export function encodeFrame(frame: ServerFrame): Buffer {
  return Buffer.from(JSON.stringify(frame));
}

export function encodeEvent({ cursor, event, audience }: LiveEvent): EncodedEvent {
  let bytes: Buffer | undefined;
  return {
    cursor,
    event,
    audience,
    frame: () => {
      bytes ??= encodeFrame({ type: 'event', cursor, event });
      return bytes;
    },
  };
}

export function encodeBatch({ after, events, cursor }: LiveBatch): EncodedBatch {
  return { after, events: events.map(encodeEvent), cursor };
}
