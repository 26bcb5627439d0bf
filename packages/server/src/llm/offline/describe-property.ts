// What a property of a schema is for, told by its name, format and description in general terms.
import { type Schema, textOf } from './check-schema.ts';
import { meaningfulStems, splitName, stemWord } from './split-words.ts';

type Role = 'url' | 'path' | 'glob' | 'pattern' | 'date' | 'reference' | 'email' | 'body' | 'limit' | 'line' | 'free';

const ROLE_NAMES: readonly (readonly [Role, readonly string[]])[] = [
  ['url', ['url', 'uri', 'href', 'link', 'endpoint', 'website']],
  ['email', ['email', 'mail', 'recipient']],
  ['glob', ['glob', 'globs', 'include', 'exclude', 'mask', 'wildcard']],
  [
    'pattern',
    [
      'pattern',
      'query',
      'regex',
      'regexp',
      'search',
      'needle',
      'term',
      'terms',
      'keyword',
      'keywords',
      'phrase',
      'substring',
    ],
  ],
  ['path', ['path', 'paths', 'file', 'files', 'filename', 'directory', 'folder', 'dir']],
  ['date', ['date', 'since', 'until', 'day', 'deadline']],
  ['reference', ['ref', 'reference', 'revision', 'rev', 'commit', 'sha', 'branch', 'hash']],
  ['limit', ['limit', 'top', 'maximum', 'max', 'count', 'first', 'size']],
  ['line', ['line']],
  [
    'body',
    [
      'text',
      'content',
      'contents',
      'body',
      'message',
      'input',
      'document',
      'summary',
      'report',
      'answer',
      'markdown',
      'description',
      'reason',
      'finding',
    ],
  ],
];

const FORMAT_ROLES: Readonly<Record<string, Role>> = {
  uri: 'url',
  'uri-reference': 'url',
  url: 'url',
  email: 'email',
  date: 'date',
  'date-time': 'date',
};

export interface Property {
  readonly name: string;
  readonly role: Role;
  readonly nameStems: readonly string[];
  readonly allStems: readonly string[];
  readonly description: string;
}

export function describeProperty(name: string, schema: Schema): Property {
  const description = textOf(schema.description) || textOf(schema.title);
  return {
    name,
    role: roleOf(name, schema, description),
    nameStems: splitName(name).map(stemWord),
    allStems: [...new Set([...splitName(name).map(stemWord), ...meaningfulStems(description)])],
    description,
  };
}

function roleOf(name: string, schema: Schema, description: string): Role {
  const byFormat = FORMAT_ROLES[textOf(schema.format)];
  if (byFormat !== undefined) return byFormat;
  const parts = splitName(name);
  // The last part is the noun: a `searchPath` is a path, a `pathPattern` a pattern.
  for (const part of parts.toReversed()) {
    const byName = ROLE_NAMES.find(([, names]) => names.includes(part));
    if (byName) return byName[0];
  }
  const opening = splitName(description.split(/[.;,]/)[0] ?? '').slice(0, 6);
  const told = ROLE_NAMES.find(
    ([role, names]) =>
      ['url', 'path', 'glob', 'pattern'].includes(role) && opening.some((word) => names.includes(word)),
  );
  return told?.[0] ?? 'free';
}

/** What a description says of one member of an enum: the words after its name, up to the next member's. */
export function explainMember(member: unknown, members: readonly unknown[], description: string): string {
  const name = String(member);
  const marked = [`\`${name}\``, `"${name}"`, `'${name}'`].find((form) => description.includes(form));
  const start = marked === undefined ? findWord(description, name, 0) : description.indexOf(marked);
  if (start < 0) return name;
  const from = start + (marked ?? name).length;
  // Where members are marked, their bare names are ordinary words of an explanation.
  const mark = marked === undefined ? '' : marked.charAt(0);
  const ends = members
    .filter((other) => other !== member)
    .map((other) => findWord(description, `${mark}${other}${mark}`, from))
    .concat(description.slice(from).search(/[;.](?:\s|$)/) + from)
    .filter((at) => at >= from);
  return `${name} ${description.slice(from, Math.min(description.length, from + 300, ...ends))}`;
}

function findWord(text: string, word: string, from: number): number {
  for (let at = text.indexOf(word, from); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!/[\w-]/.test(text[at - 1] ?? ' ') && !/[\w-]/.test(text[at + word.length] ?? ' ')) return at;
  }
  return -1;
}
