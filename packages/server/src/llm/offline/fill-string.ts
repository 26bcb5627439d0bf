// One text argument: by the property's role (path, address, pattern, date ...), by the word before the
// value (`account A-1001`), or by a value of an earlier result when the clause points to it.
import { type Schema, textOf } from './check-schema.ts';
import type { Property } from './describe-property.ts';
import type { Filling } from './filling.ts';
import type { Value, ValueKind } from './find-values.ts';
import { unexplainedWords } from './score-words.ts';
import { similarStems, splitName, stemWord } from './split-words.ts';

const KINDS: Readonly<Record<string, readonly ValueKind[]>> = {
  url: ['url'],
  email: ['email'],
  path: ['path'],
  glob: ['glob'],
  date: ['date'],
  reference: ['hash'],
  pattern: ['quoted'],
};

export function fillString(property: Property, schema: Schema, filling: Filling): string | undefined {
  const own = ownValue(property, schema, filling);
  if (own !== undefined) return own;
  const pointed = pointedValue(property, filling);
  if (pointed !== undefined) return pointed;
  return filling.required ? neededValue(property, schema, filling) : undefined;
}

function ownValue(property: Property, schema: Schema, filling: Filling): string | undefined {
  const kinds = KINDS[property.role];
  const take = (values: readonly Value[], fits: (value: Value) => boolean) => {
    const value = values.find(
      (candidate) => !filling.used.has(candidate.text) && matches(candidate.text, schema) && fits(candidate),
    );
    if (value) filling.used.add(value.text);
    return value?.text;
  };
  // Things of one shape with several homes (from, to) are told apart by the word in front of them.
  const led = (value: Value) => isLedBy(property, value);
  const ofRole = (value: Value) => kinds?.includes(value.kind) ?? false;
  const named = take(filling.values, (value) => led(value) && (ofRole(value) || kinds === undefined));
  if (named !== undefined) return named;
  if (kinds !== undefined) {
    const type = property.role === 'glob' ? globOfType(filling.clause) : undefined;
    if (type !== undefined) return take(filling.values, ofRole) ?? type;
    return (
      take(filling.values, ofRole) ?? (property.role === 'pattern' ? undefined : take(filling.sentenceValues, ofRole))
    );
  }
  if (property.role === 'body') return take(filling.values, (value) => value.kind === 'quoted');
  return take(
    filling.sentenceValues,
    (value) => led(value) && ['identifier', 'proper', 'quoted', 'hash'].includes(value.kind),
  );
}

const FILE_TYPES: readonly (readonly [RegExp, string])[] = [
  [/\bmarkdown\b/i, '*.md'],
  [/\btypescript\b/i, '*.ts'],
  [/\bjavascript\b/i, '*.js'],
  [/\bpython\b/i, '*.py'],
  [/\bruby\b/i, '*.rb'],
  [/\brust\b/i, '*.rs'],
  [/\bjava\b/i, '*.java'],
  [/\bshell scripts?\b/i, '*.sh'],
  [
    /\b(json|yaml|toml|csv|css|html|sql|xml|php|svg|png|pdf)\b(?=\s+(?:files?|documents?|tables?|code|pictures?))/i,
    '*.$1',
  ],
];

/** `Markdown files`: what people call a kind of file, as a pattern of its names. */
function globOfType(clause: string): string | undefined {
  for (const [name, glob] of FILE_TYPES) {
    const found = name.exec(clause);
    if (found) return glob.replace('$1', (found[1] ?? '').toLowerCase());
  }
  return undefined;
}

function matches(text: string, schema: Schema): boolean {
  const pattern = textOf(schema.pattern);
  if (typeof schema.minLength === 'number' && text.length < schema.minLength) return false;
  if (typeof schema.maxLength === 'number' && text.length > schema.maxLength) return false;
  if (pattern === '' || pattern.length > 200) return true;
  try {
    return new RegExp(pattern, 'u').test(text.slice(0, 1_000));
  } catch (error) {
    if (error instanceof SyntaxError) return true;
    throw error;
  }
}

const PLACE_WORDS: readonly string[] = ['in', 'at', 'for', 'of', 'to', 'from', 'by', 'on'];

const PEOPLE: readonly string[] = [
  'author',
  'owner',
  'user',
  'person',
  'creator',
  'committer',
  'sender',
  'assignee',
].map(stemWord);

function isLedBy(property: Property, value: Value): boolean {
  const [first, second] = value.before;
  if (first === undefined) return false;
  const means = (stem: string) =>
    property.nameStems.some((part) => part === stem || (part.length > 3 && similarStems(part).includes(stem)));
  if (means(first)) return true;
  if (first === 'by' && value.kind === 'proper' && property.nameStems.some((part) => PEOPLE.includes(part)))
    return true;
  return second !== undefined && PLACE_WORDS.includes(first) && means(second);
}

const POINTED =
  'it|its|them|each of|(?:that|this|each|the same|the above) (?:file|page|document|one|result|commit|note|folder|item)';
const POINTING = new RegExp(
  `\\b(?:${POINTED}|those|these|above|results?)\\b|\\bthe\\s+(?:\\w+\\s+){0,2}\\w+(?:est|st)\\b|\\bmost\\b`,
  'i',
);
const POINTING_CLEARLY = new RegExp(`\\b(?:${POINTED.replace('them|', '')})\\b`, 'i');

/** Whether the clause points to something that other calls return (`the longest file`, `read it`). */
export function pointsToEvidence(clause: string): boolean {
  return POINTING.test(clause);
}

function pointedValue(property: Property, filling: Filling): string | undefined {
  if (filling.evidence === null || (!filling.required && !pointsClearly(filling.clause))) return undefined;
  const { paths, urls } = filling.evidence;
  const from: readonly string[] = { path: paths, url: urls }[property.role as string] ?? [];
  // A path of the whole task goes before one of a result, unless the clause points to the result.
  if (filling.required && !pointsToEvidence(filling.clause)) {
    const own = filling.taskValues.find((value) => value.kind === property.role);
    if (own) return own.text;
  }
  const value = from[filling.pick];
  if (value !== undefined) filling.tookEvidence = true;
  return value;
}

/** For optional arguments: `it` and `that file` only, since `the largest files` asks for all of them. */
export function pointsClearly(clause: string): boolean {
  return POINTING_CLEARLY.test(clause) || /\bthe\s+(?:\w+\s+)?\w+est\s+(?:file|page|document|one)\b/i.test(clause);
}

function neededValue(property: Property, schema: Schema, filling: Filling): string | undefined {
  const free = (kinds: readonly ValueKind[], values: readonly Value[]) =>
    values.find((value) => kinds.includes(value.kind) && !filling.used.has(value.text) && matches(value.text, schema));
  const wanted: readonly ValueKind[] =
    property.role === 'pattern' ? ['quoted', 'capitals'] : (KINDS[property.role] ?? []);
  const any: ValueKind[] = ['quoted', 'identifier', 'proper', 'path', 'capitals', 'hash', 'date'];
  const loose = property.role === 'free' || property.role === 'limit' || property.role === 'line' ? any : wanted;
  const value =
    free(loose, filling.values) ??
    free(loose, filling.sentenceValues) ??
    (filling.evidence === null ? undefined : free(wanted, filling.taskValues));
  if (value !== undefined) {
    filling.used.add(value.text);
    return value.text;
  }
  if (property.role === 'pattern') return searchedWords(filling, schema);
  if (property.role === 'path' && schema.default === undefined) return rootPath(property, filling);
  if (property.role === 'body' && filling.evidence !== null && filling.evidence.text !== '') {
    filling.tookEvidence = true;
    return filling.evidence.text;
  }
  return filling.forced && ['free', 'body'].includes(property.role) ? ownWords(filling, schema) : undefined;
}

function ownWords(filling: Filling, schema: Schema): string | undefined {
  const words = unexplainedWords(filling.clause, filling.toolWords).join(' ') || filling.clause.trim();
  return words !== '' && matches(words, schema) ? words : undefined;
}

/** What a search is for: after `for`, else the words that the tool itself does not explain. */
function searchedWords(filling: Filling, schema: Schema): string | undefined {
  const after =
    /\b(?:for|about|containing|contains|mentioning|mentions|called|named|matching)\s+(?:the\s+(?:words?|terms?|text)\s+)?([^,.;]+?)(?=\s+(?:in|on|at|under|within|of|across|inside)\b|[,.;]|$)/i.exec(
      filling.clause,
    )?.[1];
  const words = after ?? unexplainedWords(filling.clause, filling.toolWords).slice(0, 3).join(' ');
  const text = words.trim().replace(/^(?:the|all|any|every|a|an)\s+/i, '');
  return text !== '' && matches(text, schema) ? text : undefined;
}

/** `.` when the schema says that it means the whole, or when the clause asks about the whole. */
function rootPath(property: Property, filling: Filling): string | undefined {
  if (/[`'"]\.[`'"]/.test(property.description)) return '.';
  const words = splitName(property.name);
  const isFolder =
    words.some((word) => ['directory', 'folder', 'dir', 'root'].includes(word)) ||
    /\b(?:directory|folder)\b/i.test(property.description.split('.')[0] ?? '');
  const whole = /\b(?:project|repository|directory|folder|workspace|root|everything|here|tree)\b/i.test(
    filling.sentence,
  );
  return isFolder && whole ? '.' : undefined;
}
