// Every message of the WebSocket at /ws, both ways. docs/frames.md is made from these schemas.
import * as z from 'zod';
import { errorCodes } from './errors.ts';
import { cursorSchema, eventSchema } from './events.ts';
import { idSchema } from './ids.ts';
import { jsonSchema } from './json.ts';
import type { Permission } from './permissions.ts';

const topic = z.string().min(1).max(300);
const ref = z.string().max(100).optional().describe('Echoed in what answers this frame.');

export const clientFrameSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('subscribe'),
      topics: z.array(topic).min(1).max(100),
      cursor: cursorSchema.optional().describe('Begin after this event; left out: begin now.'),
      ref,
    })
    .describe('Receive the events of these topics, in place of those subscribed before.'),
  z.strictObject({ type: z.literal('unsubscribe'), ref }).describe('Receive no events any more.'),
  z.strictObject({ type: z.literal('ping'), ref }).describe('Ask for a pong.'),
  z
    .strictObject({ type: z.literal('agents.watch'), chatIds: z.array(idSchema).max(20), ref })
    .describe('Receive the tokens of these chats as they come, in place of those watched before.'),
  z
    .strictObject({
      type: z.literal('agents.send'),
      chatId: idSchema,
      text: z.string().trim().min(1).max(200_000),
      ref,
    })
    .describe('Say something in a chat; its tokens follow.'),
  z
    .strictObject({ type: z.literal('agents.stop'), chatId: idSchema, ref })
    .describe('Stop the answer that is being written.'),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;

/** What whoever sends a frame must be allowed to. */
export const framePermissions: Readonly<Record<ClientFrame['type'], Permission>> = {
  subscribe: 'events.read',
  unsubscribe: 'signed-in',
  ping: 'signed-in',
  'agents.watch': 'agents.chat',
  'agents.send': 'agents.chat',
  'agents.stop': 'agents.chat',
};

export const deltaSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('turn-started') }),
  z.strictObject({ kind: z.literal('text'), text: z.string() }),
  z.strictObject({ kind: z.literal('tool-called'), callId: z.string(), tool: z.string(), input: jsonSchema }),
  z.strictObject({
    kind: z.literal('tool-ended'),
    callId: z.string(),
    tool: z.string(),
    ok: z.boolean(),
    output: z.string(),
    durationMs: z.number(),
  }),
  z.strictObject({ kind: z.literal('turn-ended'), status: z.string(), stopReason: z.string().nullable() }),
]);
export type Delta = z.infer<typeof deltaSchema>;

export const serverFrameSchema = z.discriminatedUnion('type', [
  z
    .strictObject({ type: z.literal('welcome'), cursor: cursorSchema, version: z.string() })
    .describe('First frame; the cursor is the present.'),
  z
    .strictObject({ type: z.literal('subscribed'), cursor: cursorSchema, ref })
    .describe('Events after this cursor follow.'),
  z
    .strictObject({ type: z.literal('event'), cursor: cursorSchema, event: eventSchema })
    .describe('A stored event; keep the cursor to resume after it.'),
  z
    .strictObject({ type: z.literal('caught-up'), cursor: cursorSchema })
    .describe('All stored events were sent; what follows is live.'),
  z
    .strictObject({
      type: z.literal('agents.delta'),
      chatId: idSchema,
      turnId: idSchema,
      sequence: z.int(),
      delta: deltaSchema,
    })
    .describe('A piece of an answer; lossy, the final message is stored.'),
  z
    .strictObject({ type: z.literal('agents.sent'), chatId: idSchema, messageId: idSchema, turnId: idSchema, ref })
    .describe('The message was stored and its turn will run.'),
  z.strictObject({ type: z.literal('done'), ref }).describe('A frame that has no other answer was carried out.'),
  z.strictObject({ type: z.literal('pong'), ref }),
  z
    .strictObject({ type: z.literal('error'), code: z.enum(errorCodes), detail: z.string(), ref })
    .describe('A frame was refused; the connection stays.'),
  z.strictObject({ type: z.literal('draining') }).describe('The server ends; reconnect with your cursor.'),
]);
export type ServerFrame = z.infer<typeof serverFrameSchema>;

/** Close codes of ours. */
export const closeCodes = {
  /** Ticket or session not valid: get a new ticket. */
  unauthorized: 4401,
  /** The client reads too slowly: reconnect with the last cursor; nothing is lost. */
  tooSlow: 4408,
  /** Frames that are not ours, too many or too large. */
  badFrames: 4400,
  /** The server is going down (RFC 6455). */
  goingAway: 1001,
} as const;
