// Splits a source file into code and comments. In `code` every comment and the inside of every string is
// blanks of the same length, so that positions and lines stay and a brace is a brace.
import type { SourceFile } from '../read-source.ts';
import { type Family, languageOf } from './languages.ts';

export interface CommentLine {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** It explains what follows: a JSDoc block, or a string that stands where a comment would (Python). */
  readonly documentation: boolean;
}

export interface MaskedSource {
  readonly family: Family;
  readonly language: string;
  readonly code: string;
  readonly codeLines: readonly string[];
  readonly comments: readonly CommentLine[];
}

const DOUBLE = String.raw`"(?:[^"\\\n]|\\[\s\S])*"`;
const SINGLE = String.raw`'(?:[^'\\\n]|\\[\s\S])*'`;
const CHARACTER = String.raw`'(?:[^'\\\n]|\\[^\n]{1,10}?)'`;
const SLASHES = String.raw`\/\/[^\n]*`;
const BLOCK = String.raw`\/\*[\s\S]*?(?:\*\/|$)`;
const TRIPLE = String.raw`"""[\s\S]*?(?:"""|$)`;
const HASH = String.raw`(?<![^\s;,(){}[\]])#[^\n]*`;

/** What begins something that is not code. A backtick and a slash in scripts are decided by `scriptTokenEnd`. */
const TOKENS: Readonly<Record<Family, RegExp>> = {
  script: new RegExp([SLASHES, BLOCK, DOUBLE, SINGLE, '`', String.raw`\/`].join('|'), 'g'),
  braces: new RegExp(
    [SLASHES, BLOCK, String.raw`R"\([\s\S]*?(?:\)"|$)`, TRIPLE, '@"(?:[^"]|"")*"', DOUBLE, CHARACTER].join('|'),
    'g',
  ),
  'keyword-braces': new RegExp(
    [SLASHES, BLOCK, TRIPLE, String.raw`\br(#{0,9})"[\s\S]*?(?:"\1|$)`, '`[^`]*`', DOUBLE, CHARACTER].join('|'),
    'g',
  ),
  python: new RegExp([HASH, TRIPLE, String.raw`'''[\s\S]*?(?:'''|$)`, DOUBLE, SINGLE].join('|'), 'g'),
  ruby: new RegExp([HASH, DOUBLE, SINGLE].join('|'), 'g'),
  hash: new RegExp([HASH, DOUBLE, SINGLE].join('|'), 'g'),
  dashes: new RegExp([String.raw`--[^\n]*`, BLOCK, SINGLE, DOUBLE].join('|'), 'g'),
  style: new RegExp([BLOCK, String.raw`(?<![:\w])\/\/[^\n]*`, DOUBLE, SINGLE].join('|'), 'g'),
  markup: /<!--[\s\S]*?(?:-->|$)/g,
};

// A file with longer lines was written by a machine.
const MAX_LINE = 20_000;
// Larger files are data; looking for functions in them would hold up other work for seconds.
const MAX_CHARACTERS = 1_000_000;

const cache = new WeakMap<SourceFile, MaskedSource | null>();

/** Null: not a language whose comments and strings are known. */
export function maskSource(source: SourceFile): MaskedSource | null {
  const known = cache.get(source);
  if (known !== undefined) return known;
  const isData = source.text.length > MAX_CHARACTERS || source.lines.some((line) => line.length > MAX_LINE);
  const language = isData ? null : languageOf(source.path);
  const masked = language === null ? null : mask(source.text.replace(/\r\n?/g, '\n'), language);
  cache.set(source, masked);
  return masked;
}

function mask(text: string, language: { readonly name: string; readonly family: Family }): MaskedSource {
  const pieces: string[] = [];
  const comments: CommentLine[] = [];
  const pattern = new RegExp(TOKENS[language.family]);
  const lineAt = countLinesForward(text);
  let done = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const end = language.family === 'script' ? scriptTokenEnd(text, found) : found.index + found[0].length;
    if (end === null) continue;
    const token = text.slice(found.index, end);
    pieces.push(text.slice(done, found.index), blank(token));
    done = end;
    pattern.lastIndex = Math.max(end, found.index + 1);
    const kind = commentKind(text, found.index, token, language.family);
    if (kind === null) continue;
    const first = lineAt(found.index);
    for (const [index, line] of token.split('\n').entries()) {
      comments.push({ line: first + index, text: line, documentation: kind === 'documentation' });
    }
  }
  pieces.push(text.slice(done));
  const code = pieces.join('');
  return { family: language.family, language: language.name, code, codeLines: code.split('\n'), comments };
}

function commentKind(text: string, at: number, token: string, family: Family): 'comment' | 'documentation' | null {
  if (/^\/\*\*(?!\/)/.test(token)) return 'documentation';
  if (/^(?:\/\/|\/\*|#|--|<!--)/.test(token)) return 'comment';
  if (family !== 'python' || !/^(?:"""|''')/.test(token)) return null;
  const before = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  // A letter before the quotes says how the string is written.
  return /^\s*[rbuf]{0,2}$/i.test(before) ? 'documentation' : null;
}

/** Where a token of a script ends; null when it is a division or a lone backtick. */
function scriptTokenEnd(text: string, found: RegExpExecArray): number | null {
  const token = found[0];
  if (token === '`') return templateEnd(text, found.index);
  if (token !== '/') return found.index + token.length;
  const before = text.slice(Math.max(0, found.index - 40), found.index).trimEnd();
  if (before !== '' && !/[([{,;:=!&|?+\-*%~^]$|\b(?:return|typeof|case|in|of|delete|void|throw|else|do)$/.test(before))
    return null;
  const literal = /\/(?![*/])(?:[^/\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n]){0,500}\]){1,1000}\/[a-z]*/y;
  literal.lastIndex = found.index;
  return literal.test(text) ? literal.lastIndex : null;
}

/** The position behind a template literal, with templates inside of its expressions. */
function templateEnd(text: string, start: number): number {
  const open: ('template' | 'expression' | 'brace')[] = ['template'];
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (open.at(-1) === 'template') {
      if (character === '`') open.pop();
      else if (character === '$' && text[at + 1] === '{') {
        open.push('expression');
        at += 1;
      }
    } else if (character === '`') open.push('template');
    else if (character === '{') open.push('brace');
    else if (character === '}') open.pop();
    if (open.length === 0) return at + 1;
  }
  return text.length;
}

function blank(token: string): string {
  const quote = token[0] ?? ' ';
  const inner = token.replace(/[^\n]/g, ' ');
  if (!'"\'`'.includes(quote) || token.length < 2) return inner;
  // Where a string ends says nothing about the indentation of its last line.
  return token.includes('\n') ? quote + inner.slice(1) : quote + inner.slice(1, -1) + quote;
}

function countLinesForward(text: string): (position: number) => number {
  let line = 1;
  let seen = 0;
  return (position) => {
    for (let at = text.indexOf('\n', seen); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line += 1;
    seen = Math.max(seen, position);
    return line;
  };
}
