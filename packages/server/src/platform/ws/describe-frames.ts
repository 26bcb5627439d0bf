// Writes docs/frames.md from the schemas that check the frames, so that the page cannot say anything else.
import { clientFrameSchema, closeCodes, deltaSchema, serverFrameSchema } from '@gathering/contract/frames';
import * as z from 'zod';

type JsonSchema = z.core.JSONSchema.JSONSchema;

const introduction = `# Frames of the WebSocket

<!-- Made from packages/contract/src/frames.ts; do not edit. A test compares. -->

Get a ticket with \`POST /api/auth/socket-ticket\` and open \`/ws?ticket=<ticket>\`. A ticket opens one socket and is valid
for 30 seconds. Pages of other origins need to be listed in \`GATHERING_CORS_ORIGINS\`; programs, which send no \`Origin\`,
need not. Every message is one JSON object, a *frame*, as text.

The server sends \`welcome\`. Then subscribe:

\`\`\`json
{ "type": "subscribe", "topics": ["pipelines", "runs/0199c1f0-0000-7000-8000-000000000000"], "cursor": "731-42" }
\`\`\`

A topic is \`*\`, a feature (\`pipelines\`), a type of event (\`pipelines.run-ended\`), or a subject or related object
(\`runs/<id>\`). The stored events after the cursor follow in their order, then \`caught-up\`, then what happens from then
on. **Keep the cursor of the last event** and give it when you connect again: nothing is missed and nothing comes twice,
however the connection ended. Events of transactions that ran at the same moment come in the order in which those began
to write.

A frame may carry a \`ref\`; what answers it carries the same. Frames of one client are carried out one after the other.
A frame that is refused is answered by \`error\` with a code of [errors](errors.md), and the connection stays. More than
50 frames a second for long, ten bad ones in a row or a frame above 1 MiB end it. The server asks for a sign of life every
30 seconds by the ping of the protocol, which client libraries answer by themselves.
`;

export function describeFrames(): string {
  return [
    introduction,
    '## From the client\n',
    ...clientFrameSchema.options.map(describeFrame),
    '## From the server\n',
    ...serverFrameSchema.options.map(describeFrame),
    '## Pieces of an answer\n',
    'The `delta` of `agents.delta`, told apart by its `kind`. `sequence` never falls within a turn. Pieces may be joined,',
    'shortened or dropped on the way; the stored message has them all.\n',
    ...deltaSchema.options.map((option) => describeObject(option, 'kind')),
    '## Close codes\n',
    '| code | why, and what to do |\n| --- | --- |',
    ...Object.entries(closeReasons).map(([name, reason]) => `| ${codeOf(name)} | ${reason} |`),
    `| 1009 | The frame is far too large. |`,
    `| 1013 | The server cannot let anybody in right now: try again later. |`,
    '',
  ].join('\n');
}

const closeReasons: Record<keyof typeof closeCodes, string> = {
  goingAway: 'The server ends: reconnect with your last cursor.',
  badFrames: 'Frames that are not ours, too many or too large.',
  unauthorized: 'The ticket is not valid or the session has ended: get a new ticket.',
  tooSlow: 'The client reads too slowly: reconnect with your last cursor; nothing is lost.',
};

function codeOf(name: string): number | undefined {
  return Object.entries(closeCodes).find(([known]) => known === name)?.[1];
}

function describeFrame(schema: z.ZodObject): string {
  return describeObject(schema, 'type');
}

function describeObject(schema: z.ZodObject, tag: string): string {
  const json = z.toJSONSchema(schema, { io: 'input' });
  const properties = Object.entries(json.properties ?? {});
  const name = properties.find(([key]) => key === tag)?.[1];
  const fields = properties.filter(([key]) => key !== tag);
  const title = `### \`${String(typeof name === 'object' ? name.const : tag)}\`\n`;
  const words = json.description === undefined ? [] : [`${json.description}\n`];
  if (fields.length === 0) return [title, ...words].join('\n');
  const rows = fields.map(([key, value]) => describeField(key, value, json.required?.includes(key) ?? false));
  return [title, ...words, '| field | type | | meaning |\n| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

function describeField(key: string, schema: JsonSchema | boolean, isRequired: boolean): string {
  const words = typeof schema === 'object' ? (schema.description ?? '') : '';
  return `| \`${key}\` | ${typeOf(key, schema)} | ${isRequired ? '' : 'optional'} | ${words} |`;
}

/** Types that are described elsewhere are named, not unfolded. */
const named: Record<string, string> = {
  event: 'event, as `GET /api/events` lists it',
  delta: 'a piece, see below',
  code: 'code of an error',
};

function typeOf(key: string, schema: JsonSchema | boolean): string {
  const known = named[key];
  if (known !== undefined) return known;
  if (typeof schema === 'boolean') return 'anything';
  if (schema.anyOf) return schema.$ref === undefined && schema.anyOf.length > 2 ? 'JSON' : unite(key, schema.anyOf);
  if (schema.$ref !== undefined) return 'JSON';
  if (schema.type === 'array') return `list of ${boundsOf(schema)}${typeOf(key, itemsOf(schema))}`;
  if (schema.type === 'string') return describeText(schema);
  // Of null or something else the schema lists both.
  return String(schema.type ?? 'JSON')
    .replace('string', 'text')
    .replace(',', ' or ');
}

function unite(key: string, options: readonly (JsonSchema | boolean)[]): string {
  return options.map((option) => typeOf(key, option)).join(' or ');
}

function itemsOf({ items }: JsonSchema): JsonSchema | boolean {
  return Array.isArray(items) ? (items[0] ?? true) : (items ?? true);
}

function boundsOf({ minItems, maxItems }: JsonSchema): string {
  if (minItems === undefined && maxItems === undefined) return '';
  return `${minItems ?? 0} to ${maxItems ?? 'any'} × `;
}

function describeText({ format, pattern, maxLength }: JsonSchema): string {
  if (format === 'uuid') return 'id';
  if (format !== undefined) return format;
  if (pattern !== undefined) return 'cursor';
  return maxLength === undefined ? 'text' : `text up to ${maxLength.toLocaleString('en')} characters`;
}
