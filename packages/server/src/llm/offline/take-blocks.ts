// Blocks with marked borders (JSON, tags, fences) are taken out of a text; a mark that no text holds keeps
// the place of each. The search is bounded: a text full of open brackets costs no more than its length.
import { readCitation } from './find-values.ts';
import { parseJson } from './read-prompt.ts';

export interface Block {
  readonly kind: 'json' | 'tag' | 'fence';
  /** The tag's name, or the line above when it is a label or a heading; empty otherwise. */
  readonly label: string;
  /** May hold marks of blocks within it. */
  readonly body: string;
}

interface TakenBlocks {
  readonly text: string;
  readonly blocks: readonly Block[];
}

const OPEN = '\uE000';
const CLOSE = '\uE001';
const MAX_FAILURES = 8;

export function takeBlocks(text: string): TakenBlocks {
  const blocks: Block[] = [];
  const keep: Keep = (kind, label, body) => {
    blocks.push({ kind, label, body });
    return `\n${OPEN}${blocks.length - 1}${CLOSE}\n`;
  };
  const plain = text.replace(/[\uE000\uE001]/g, ' ');
  return { text: takeFences(takeTags(takeJson(plain, keep), keep), keep), blocks };
}

/** The number of the block whose place a line keeps, or null for a line of text. */
export function markedBlock(line: string): number | null {
  const number = /^\s*\uE000(\d+)\uE001\s*$/.exec(line)?.[1];
  return number === undefined ? null : Number(number);
}

type Keep = (kind: Block['kind'], label: string, body: string) => string;

function labelAbove(text: string): string {
  const line = text.slice(-2_000).trimEnd().split('\n').at(-1)?.trim() ?? '';
  return /:$|^#/.test(line) && line.length <= 120 ? line : '';
}

/** A line that names its source quotes what follows: brackets in it are part of the quote. */
function standsInQuote(text: string, at: number): boolean {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return at > start && at - start < 4_000 && readCitation(text.slice(start, Math.min(at, start + 400))) !== null;
}

function takeJson(text: string, keep: Keep): string {
  let taken = '';
  let from = 0;
  let failures = 0;
  for (const match of text.matchAll(/[{[]\s*["{[]/g)) {
    if (match.index < from || failures > MAX_FAILURES || standsInQuote(text, match.index)) continue;
    const end = findJsonEnd(text, match.index);
    const body = end < 0 ? '' : text.slice(match.index, end);
    if (body.length < 8 || !body.includes('"') || parseJson(body) === undefined) {
      failures += 1;
      continue;
    }
    taken += text.slice(from, match.index);
    taken += keep('json', labelAbove(taken), body);
    from = end;
  }
  return taken + text.slice(from);
}

function findJsonEnd(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let index = start; index < text.length; index += 1) {
    const sign = text[index];
    if (quoted) {
      if (sign === '\\') index += 1;
      else if (sign === '"') quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return -1;
}

function takeTags(text: string, keep: Keep): string {
  let taken = '';
  let from = 0;
  let failures = 0;
  for (const match of text.matchAll(/<([a-z][\w.-]{0,60})(?:\s[^<>\n]{0,300})?>/gi)) {
    const name = match[1] ?? '';
    if (match.index < from || failures > MAX_FAILURES || standsInQuote(text, match.index)) continue;
    const start = match.index + match[0].length;
    const end = text.indexOf(`</${name}>`, start);
    if (end < 0) {
      failures += 1;
      continue;
    }
    taken += text.slice(from, match.index) + keep('tag', name.replaceAll(/[_.-]+/g, ' '), text.slice(start, end));
    from = end + name.length + 3;
  }
  return taken + text.slice(from);
}

function takeFences(text: string, keep: Keep): string {
  const lines = text.split('\n');
  const taken: string[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const fence = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    const end = fence === undefined ? -1 : lines.findIndex((other, at) => at > index && other.trim() === fence);
    if (end < 0) {
      taken.push(line);
      continue;
    }
    taken.push(keep('fence', labelAbove(taken.slice(-3).join('\n')), lines.slice(index + 1, end).join('\n')).trim());
    index = end;
  }
  return taken.join('\n');
}
