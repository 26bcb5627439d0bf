// The values that a sentence carries: quoted strings, paths, addresses, numbers, dates, identifiers.
// Each comes with the words around it, which say what it is the value of.
import { splitName, stemWord } from './split-words.ts';

export type ValueKind =
  | 'url'
  | 'email'
  | 'date'
  | 'path'
  | 'glob'
  | 'quoted'
  | 'hash'
  | 'number'
  | 'capitals'
  | 'identifier'
  | 'proper';

export interface Value {
  readonly kind: ValueKind;
  readonly text: string;
  /** Stems of the few words before and after, nearest first. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const QUOTED = /`([^`\n]+)`|"([^"\n]+)"|“([^”\n]+)”|(?<![\p{L}\p{N}])'([^'\n]+)'(?![\p{L}\p{N}])/gu;

const FOLDERS =
  'src|lib|libs|docs?|tests?|spec|apps?|packages|scripts|bin|config|public|assets|examples|cmd|pkg|include|tools';
const FOLDER = new RegExp(`^(?:${FOLDERS})$`);

// In order of precedence: what an earlier one took is not looked at again.
const SHAPES: readonly (readonly [ValueKind, RegExp])[] = [
  ['url', /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s<>"'`)\]]*[^\s<>"'`)\].,;:!?]/gi],
  ['email', /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g],
  ['date', /\b\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?\b/g],
  ['glob', /(?<![\w*])(?:[\w.@-]+\/|\*\*\/)*[\w.@-]*\*[\w.*{},@-]*(?:\/[\w.*{},@-]+)*/g],
  [
    'path',
    /(?<![\w/])(?:~|\.{1,2})?\/?(?:[\w.@+-]+\/)+(?:[\w.@+-]*[\w@+-])?|(?<![\w/.])\.[a-z][\w.-]*[\w]|(?<![\w/])[\w@+-][\w.@+-]*\.[a-z][a-z0-9]{0,9}\b/gi,
  ],
  ['path', new RegExp(`(?<=\\b(?:in|under|inside|within|of|from|below)\\s(?:the\\s)?)(?:${FOLDERS})(?![\\w/.-])`, 'g')],
  [
    'path',
    /\b(?!(?:the|this|that|a|an|each|every|whole|entire|same|root|current|project|any|of|in|or|and|all|no|one|working|top|main|parent|file|per|by)\b)[a-z][\w.-]*(?=\s+(?:folder|directory)\b(?!\s+(?:tree|structure|layout)))/g,
  ],
  ['hash', /\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}\b/g],
  ['identifier', /\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*\b/g],
  ['number', /(?<![\w.])-?\d+(?:[.,]\d{3})*(?:\.\d+)?(?![\w])/g],
  ['capitals', /\b[A-Z][A-Z0-9_]{2,}\b/g],
  ['proper', /(?<=[\p{L}\p{N},:;]["')]?\s)\p{Lu}[\p{Ll}\p{M}]+(?:\s\p{Lu}[\p{Ll}\p{M}]+)*/gu],
];

const ABBREVIATIONS = /^(?:e\.g|i\.e|etc|vs|no|and\/or|either\/or|he\/she|yes\/no|\.\.+)\.?$/i;

const MAX_TEXT = 20_000;
const UNBROKEN = /\S{500,}/g;

export function findValues(whole: string): Value[] {
  // No value is that long, and the shapes below would try each place of such a run anew.
  const text = whole.slice(0, MAX_TEXT).replace(UNBROKEN, (run) => ' '.repeat(run.length));
  const found: { kind: ValueKind; text: string; start: number; end: number }[] = [];
  let rest = text;
  for (const match of text.matchAll(QUOTED)) {
    const inner = match[1] ?? match[2] ?? match[3] ?? match[4] ?? '';
    found.push({ kind: kindOfQuoted(inner), text: inner, start: match.index, end: match.index + match[0].length });
    rest = blank(rest, match.index, match[0].length);
  }
  for (const [kind, shape] of SHAPES) {
    for (const match of rest.matchAll(shape)) {
      if (match[0] === '' || ABBREVIATIONS.test(match[0])) continue;
      found.push({ kind, text: match[0], start: match.index, end: match.index + match[0].length });
    }
    for (const value of found) rest = blank(rest, value.start, value.end - value.start);
  }
  found.sort((one, other) => one.start - other.start);
  return found.map(({ kind, text: value, start, end }) => ({
    kind,
    text: value,
    before: wordsOf(text.slice(Math.max(0, start - 60), start))
      .reverse()
      .slice(0, 4),
    after: wordsOf(text.slice(end, end + 60)).slice(0, 4),
  }));
}

function kindOfQuoted(text: string): ValueKind {
  if (FOLDER.test(text)) return 'path';
  if (/^[a-z][a-z0-9+.-]{1,20}:\/\/\S+$/i.test(text)) return 'url';
  if (/^\d{4}-\d{2}-\d{2}(?:T\S+)?$/.test(text)) return 'date';
  if (/^[\w.@+\-/*{},]*\*[\w.@+\-/*{},]*$/.test(text) && /[/.]/.test(text)) return 'glob';
  if (/^[\w.@+-]*\/[\w.@+\-/ ]*$|^[\w@+-]+\.[a-z][a-z0-9]{0,9}$/i.test(text)) return 'path';
  return 'quoted';
}

function blank(text: string, start: number, length: number): string {
  return `${text.slice(0, start)}${'\u0000'.repeat(length)}${text.slice(start + length)}`;
}

function wordsOf(text: string): string[] {
  // A sentence's end separates; the words of another clause say nothing about this value.
  return splitName(text).map(stemWord);
}

/** The text without its values: what is said about them, which is what tools are chosen by. */
export function withoutValues(text: string, kinds: readonly ValueKind[]): string {
  let rest = text;
  for (const value of findValues(text)) {
    if (kinds.includes(value.kind)) rest = rest.replace(value.text, ' ');
  }
  return rest;
}

const PATH_AT_START =
  /^\s*(?:[-*+•]\s+|\d+[.)]\s+|>\s*)?[`"'([]{0,2}((?:[\w.@+~-]+\/)*[\w.@+~-]+|[^\s:`][^:`]{0,200}?\.\w{1,12}):(\d+)(?:[:-]\d+)?(?![\w.])/;
const FILE_AT_START =
  /^\s*(?:[-*+•]\s+|\d+[.)]\s+|>\s*)?[`"'([]{0,2}((?:[\w.@+~-]+\/)+[\w.@+~-]+|[\w@+~-][\w.@+~-]*\.[a-z]\w{0,9})[`"')\]]{0,2}:(?=\s|$)/i;
const PATH_INSIDE =
  /(?<![\w/.:])((?:[\w.@+~-]+\/)*[\w@+~-][\w.@+~-]*\.[a-z]\w{0,9}|(?:[\w.@+~-]+\/)+[\w.@+~-]*[\w@+~-])(?::(\d+))?(?![\w/])/i;

export interface Citation {
  readonly path: string;
  readonly line: number | null;
  /** What stands after the citation, without its punctuation. */
  readonly rest: string;
}

/** A line that opens with its own source: `path:line: text`, as a list item or not. */
export function readCitation(text: string): Citation | null {
  if (text.length > 4_000) return null;
  const match = PATH_AT_START.exec(text);
  const path = match?.[1];
  if (match && path !== undefined && looksLikePath(path, text.slice(match[0].length))) {
    return { path, line: Number(match[2]), rest: cutPunctuation(text.slice(match[0].length)) };
  }
  const file = FILE_AT_START.exec(text);
  if (file?.[1] === undefined || /^https?$/i.test(file[1])) return null;
  return { path: file[1], line: null, rest: cutPunctuation(text.slice(file[0].length)) };
}

/** The first path named anywhere in a line, with its line number when it has one. */
export function findPathInside(text: string): { path: string; line: number | null } | null {
  const cited = readCitation(text);
  if (cited) return { path: cited.path, line: cited.line };
  const match = PATH_INSIDE.exec(text.slice(0, 1_000).replace(/\b[a-z][a-z0-9+.-]{1,20}:\/\/\S+/gi, ' '));
  if (match?.[1] === undefined || ABBREVIATIONS.test(match[1]) || /^\d+\/\d+$/.test(match[1])) return null;
  return { path: match[1], line: match[2] === undefined ? null : Number(match[2]) };
}

function looksLikePath(path: string, after: string): boolean {
  // A name may hold spaces; a sentence that ends in a path is no name.
  if (
    path
      .split(' ')
      .slice(0, -1)
      .some((word) => /,|^(?:a|an|and|at|by|from|in|is|of|on|see|the|to|was|with)$/i.test(word))
  )
    return false;
  if (!/[A-Za-z]/.test(path)) return false;
  return /[/.]/.test(path) || /^[`"')\]]*(?::|\s+-|\s*$)/.test(after);
}

function cutPunctuation(text: string): string {
  return text.replace(/^[`"')\]]*[\s:–—-]*/, '').trim();
}
