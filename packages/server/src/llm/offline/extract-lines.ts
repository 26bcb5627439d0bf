// Which lines of a text are worth quoting: findings that carry their own source, lists as they stand, and
// of a long document the lines nearest to the question. Order is kept, nothing is reworded.
import { type Citation, readCitation } from './find-values.ts';
import { isNotice } from './identify.ts';
import { overlapShare } from './score-words.ts';

export interface Extract {
  readonly text: string;
  readonly citation: Citation | null;
  /** `sentence`: tells about the items around it. `heading`: names those below it. `block`: lines in a fence. */
  readonly kind: 'item' | 'sentence' | 'heading' | 'block';
}

export interface Extracts {
  /** `outline`: indentation carries meaning, so it is quoted as a block. */
  readonly shape: 'list' | 'outline';
  readonly lines: readonly Extract[];
  readonly leftOut: number;
}

const MAX_CITED = 300;
const MAX_LISTED = 60;
const MAX_OF_DOCUMENT = 15;
const SHORT_TEXT = 40;

/** `path` is the file that the text was read from, for lines that only carry a number. */
export function extractLines(text: string, question: string, path: string | null): Extracts {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !isNotice(line));
  const extracts = markSentences(lines.map((line) => toExtract(line, path)));
  const cited = extracts.filter(({ citation }) => citation !== null).length;
  if (cited * 3 >= lines.length) return cap('list', extracts, MAX_CITED);
  if (isOutline(lines))
    return cap(
      'outline',
      lines.map((line) => ({ text: line.trimEnd(), citation: null, kind: 'item' })),
      MAX_LISTED,
    );
  const numbered = path !== null && lines.filter((line) => NUMBERED.test(line)).length * 2 > lines.length;
  if (lines.length <= SHORT_TEXT && !numbered) return cap('list', extracts, SHORT_TEXT);
  if (looksListed(lines)) return cap('list', extracts, MAX_LISTED);
  return nearestLines(extracts, question);
}

const NUMBERED = /^\s*(\d+)(?:[:|│]\s?|\t)(.*)$/;

function toExtract(line: string, path: string | null): Extract {
  const numbered = path === null ? null : NUMBERED.exec(line);
  const text = numbered ? `${path}:${numbered[1]}: ${(numbered[2] ?? '').trim()}` : cleanItem(line);
  const heading = HEADING.exec(line)?.[1];
  if (heading !== undefined) return { text: heading, citation: null, kind: 'heading' };
  return { text, citation: readCitation(text), kind: 'item' };
}

const HEADING = /^\s{0,3}#{1,6}\s+(.*\S)\s*$/;

/** Whole sentences between items that carry a source, or those above a list, are no items themselves. */
function markSentences(extracts: readonly Extract[]): Extract[] {
  const isCited = extracts.some(({ citation }) => citation !== null);
  let opens = true;
  return extracts.map((extract) => {
    const isSentence = extract.kind === 'item' && extract.citation === null && /\s\S+\s.*[.:]$/.test(extract.text);
    opens &&= isSentence;
    return isSentence && (isCited || opens) ? { ...extract, kind: 'sentence' } : extract;
  });
}

export function cleanItem(line: string): string {
  return line.trim().replace(/^(?:[-*+•]|\d+[.)])\s+/, '');
}

function cap(shape: Extracts['shape'], lines: readonly Extract[], most: number): Extracts {
  return { shape, lines: lines.slice(0, most), leftOut: Math.max(0, lines.length - most) };
}

function isOutline(lines: readonly string[]): boolean {
  const indented = lines.filter((line) => /^(?:\s{2,}|\t|[│├└|`])/.test(line)).length;
  return lines.length > 2 && indented * 5 >= lines.length * 2 && lines.every((line) => line.length < 200);
}

function looksListed(lines: readonly string[]): boolean {
  const items = lines.filter((line) => /^\s*(?:[-*+•]|\d+[.)]?)\s+\S/.test(line)).length;
  return items * 2 >= lines.length;
}

function nearestLines(extracts: readonly Extract[], question: string): Extracts {
  const scored = extracts.map((extract, index) => ({ index, fit: overlapShare(question, extract.text) }));
  const met = scored
    .filter(({ fit }) => fit > 0)
    .toSorted((one, other) => other.fit - one.fit || one.index - other.index);
  const chosen = new Set((met.length > 0 ? met : scored).slice(0, MAX_OF_DOCUMENT).map(({ index }) => index));
  const lines = extracts.filter((_extract, index) => chosen.has(index));
  return { shape: 'list', lines, leftOut: extracts.length - lines.length };
}

/** The same finding told twice: the same place, and one text within the other. `seen` holds texts by place. */
export function dropRepeated(lines: readonly Extract[], seen: Map<string, string[]>): Extract[] {
  return lines.filter(({ text, citation }) => {
    const words = (citation === null ? text : citation.rest)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
    // A text without a place is its own place: then only the whole can repeat.
    const place = citation === null ? `: ${words}` : `${citation.path}:${citation.line ?? ''}`;
    const known = seen.get(place);
    if (known === undefined) seen.set(place, [words]);
    else if (known.some((other) => other.includes(words))) return false;
    else known.push(words);
    return true;
  });
}
