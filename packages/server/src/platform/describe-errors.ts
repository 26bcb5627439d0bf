// Writes docs/errors.md from the catalogue of errors, so that the page cannot say anything else.
import { type ErrorKind, errorCatalogue } from '@gathering/contract/errors';

const introduction = `# Errors

<!-- Made from packages/contract/src/errors.ts; do not edit. \`npm run docs\` writes it, a test compares. -->

Whatever the API refuses, it refuses with one of these codes. The answer is a problem (RFC 9457) of the type
\`application/problem+json\`:

\`\`\`json
{
  "type": "/api/docs/errors#request.invalid",
  "title": "The request does not have the form that this route expects.",
  "status": 400,
  "code": "request.invalid",
  "mend": "Mend the fields listed in \`faults\`.",
  "requestId": "0199c1f0-0000-7000-8000-000000000000",
  "faults": [
    { "in": "body", "at": "/name", "rule": "required", "message": "This field is required.", "example": "\\"text\\"" }
  ]
}
\`\`\`

- \`code\` is stable: decide by it, never by the words.
- \`detail\` says more about this very case, where there is more to say.
- \`faults\` lists every fault of an input: the part it is \`in\`, the JSON pointer \`at\` it, the \`rule\`, what it \`got\` and an \`example\`.
- \`requestId\` is also in the header \`x-request-id\` and in every log line of the request and of the jobs that it caused.
- \`Retry-After\` says how many seconds to wait, with 429 and 503 and wherever trying again helps.

Kinds: *refused*: you can mend it. *unavailable*: trying again helps. *bug*: the fault is ours; the log has the cause.
A frame of the [WebSocket](frames.md) is refused with the same codes.
`;

interface DescribedError {
  readonly code: string;
  readonly status: number;
  readonly kind: ErrorKind;
  readonly title: string;
  readonly mend: string;
}

export function describeErrors(): string {
  const all = Object.entries(errorCatalogue).map(([code, entry]) => ({ code, ...entry }));
  const sections = [...Map.groupBy(all, ({ code }) => code.slice(0, code.indexOf('.')))];
  return [introduction, ...sections.map(([name, errors]) => describeSection(name, errors))].join('\n');
}

function describeSection(name: string, errors: readonly DescribedError[]): string {
  const rows = errors.map(
    ({ code, status, kind, title, mend }) => `| \`${code}\` | ${status} | ${kind} | ${cell(title)} | ${cell(mend)} |`,
  );
  return [
    `## \`${name}\``,
    '',
    '| code | status | kind | what it says | what to do |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** What a table takes: a bar would begin a new cell, and `<token>` would be taken for HTML. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/`[^`]*`|</g, (part) => (part === '<' ? '&lt;' : part));
}
