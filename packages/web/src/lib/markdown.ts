// Reads the Markdown that agents write into a tree. Pure and total: any text gives a tree, never markup of its own,
// so that what a model wrote can be shown without trusting it. Links lead to http and https only.

export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'emphasis' | 'struck'; readonly children: readonly Inline[] }
  | { readonly kind: 'link'; readonly href: string; readonly children: readonly Inline[] };

export interface ListItem {
  readonly checked: boolean | null;
  readonly blocks: readonly Block[];
}
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly children: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly kind: 'code'; readonly language: string; readonly text: string }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly start: number; readonly items: readonly ListItem[] }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | {
      readonly kind: 'table';
      readonly head: ReadonlyArray<readonly Inline[]>;
      readonly rows: ReadonlyArray<ReadonlyArray<readonly Inline[]>>;
    }
  | { readonly kind: 'line' };

const maxDepth = 8;
const marker = /^( {0,3})([-*+]|\d{1,9}[.)])(\s+|$)/;
const fence = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)/;
const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const rule = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const quote = /^ {0,3}>/;
const tableRule = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

export function isSafeLink(href: string): boolean {
  return /^https?:\/\//i.test(href);
}

/** The marks of inline text, the earliest first; what opens and never closes stays as written. */
export function parseInline(text: string, depth = 0): Inline[] {
  if (depth > maxDepth) return [{ kind: 'text', text }];
  const found: Inline[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain !== '') found.push({ kind: 'text', text: plain });
    plain = '';
  };
  let at = 0;
  while (at < text.length) {
    const match = matchMark(text, at, depth);
    if (match) {
      flush();
      found.push(match.inline);
      at = match.end;
    } else if (text[at] === '\\' && /[\\`*_[\]()#+\-.!~|>]/.test(text[at + 1] ?? '')) {
      plain += text[at + 1];
      at += 2;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return found;
}

interface Matched {
  readonly inline: Inline;
  readonly end: number;
}

function matchMark(text: string, at: number, depth: number): Matched | null {
  switch (text[at]) {
    case '`':
      return matchCode(text, at);
    case '*':
    case '_':
    case '~':
      return matchPair(text, at, depth);
    case '[':
      return matchLink(text, at, depth);
    case 'h':
      return matchAddress(text, at);
    default:
      return null;
  }
}

function matchCode(text: string, at: number): Matched | null {
  const ticks = /^`+/.exec(text.slice(at, at + 10))?.[0] ?? '`';
  const end = text.indexOf(ticks, at + ticks.length);
  if (end < 0) return null;
  return { inline: { kind: 'code', text: text.slice(at + ticks.length, end).trim() }, end: end + ticks.length };
}

function matchLink(text: string, at: number, depth: number): Matched | null {
  const link = /^\[([^[\]]{0,500})\]\(([^()\s]{1,2000})\)/.exec(text.slice(at, at + 2600));
  if (!link) return null;
  const [whole, label = '', href = ''] = link;
  const end = at + whole.length;
  if (!isSafeLink(href)) return { inline: { kind: 'text', text: label }, end };
  return { inline: { kind: 'link', href, children: parseInline(label, depth + 1) }, end };
}

function matchAddress(text: string, at: number): Matched | null {
  if (at > 0 && !/[\s(]/.test(text[at - 1] ?? '')) return null;
  const href = /^https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?]/.exec(text.slice(at, at + 2000))?.[0];
  return href
    ? { inline: { kind: 'link', href, children: [{ kind: 'text', text: href }] }, end: at + href.length }
    : null;
}

/** Where a mark that opened closes: right after a word, and, for `_`, not within one. */
function closingOf(text: string, from: number, mark: string): number {
  const char = mark[0] as string;
  for (let end = text.indexOf(mark, from); end > 0; ) {
    const after = text[end + mark.length] ?? ' ';
    const isDoubled = mark.length === 1 && after === char;
    const isTight = !/\s/.test(text[end - 1] ?? ' ');
    if (isTight && !isDoubled && !(char === '_' && /\w/.test(after))) return end;
    end = text.indexOf(mark, end + mark.length + (isDoubled ? 1 : 0));
  }
  return -1;
}

function matchPair(text: string, at: number, depth: number): Matched | null {
  const char = text[at] as string;
  const mark = text[at + 1] === char ? char + char : char;
  if (mark === '~') return null;
  const from = at + mark.length;
  if (/\s/.test(text[from] ?? ' ') || (char === '_' && /\w/.test(text[at - 1] ?? ' '))) return null;
  const end = closingOf(text, from, mark);
  if (end <= from) return null;
  const loud = mark.length === 2 ? 'strong' : 'emphasis';
  const kind = char === '~' ? 'struck' : loud;
  return { inline: { kind, children: parseInline(text.slice(from, end), depth + 1) }, end: end + mark.length };
}

function cellsOf(line: string): Inline[][] {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => parseInline(cell.trim()));
}

interface Read {
  readonly block: Block;
  readonly next: number;
}
type Reader = (lines: readonly string[], at: number, depth: number) => Read | null;

/** The first line from `at` on that does not fit. */
function endOf(lines: readonly string[], at: number, fits: (line: string) => boolean): number {
  let end = at;
  while (end < lines.length && fits(lines[end] as string)) end += 1;
  return end;
}

const readFence: Reader = (lines, at) => {
  const opened = fence.exec(lines[at] as string);
  if (!opened) return null;
  const closing = (opened[1] as string).slice(0, 3);
  const end = endOf(lines, at + 1, (line) => !line.trimStart().startsWith(closing));
  return {
    block: { kind: 'code', language: opened[2] ?? '', text: lines.slice(at + 1, end).join('\n') },
    next: end + 1,
  };
};

const readHeading: Reader = (lines, at) => {
  const head = heading.exec(lines[at] as string);
  if (!head) return null;
  return {
    block: { kind: 'heading', level: (head[1] as string).length, children: parseInline(head[2] as string) },
    next: at + 1,
  };
};

const readRule: Reader = (lines, at) =>
  rule.test(lines[at] as string) ? { block: { kind: 'line' }, next: at + 1 } : null;

const readQuote: Reader = (lines, at, depth) => {
  if (depth >= maxDepth || !quote.test(lines[at] as string)) return null;
  const end = endOf(lines, at, (line) => quote.test(line));
  const inner = lines.slice(at, end).map((line) => line.replace(/^ {0,3}> ?/, ''));
  return { block: { kind: 'quote', blocks: parseBlocks(inner, depth + 1) }, next: end };
};

const readTable: Reader = (lines, at) => {
  const [head = '', below = ''] = lines.slice(at, at + 2);
  if (!head.includes('|') || !below.includes('-') || !tableRule.test(below)) return null;
  const end = endOf(lines, at + 2, (line) => line.includes('|'));
  return { block: { kind: 'table', head: cellsOf(head), rows: lines.slice(at + 2, end).map(cellsOf) }, next: end };
};

/** The lines of one item, its mark and indent taken off. */
function readItem(lines: readonly string[], from: number, mark: RegExpExecArray): { own: string[]; next: number } {
  const indent = mark[0].trimEnd().length + 1;
  const own = [(lines[from] as string).slice(mark[0].length)];
  const isDeep = (line: string): boolean => line.search(/\S/) >= 2;
  let at = from + 1;
  for (; at < lines.length; at += 1) {
    const line = lines[at] as string;
    const isBlank = line.trim() === '';
    if (isBlank ? !isDeep(lines[at + 1] ?? '') : !isDeep(line) && startsBlock(line)) break;
    own.push(isBlank ? '' : line.slice(Math.min(indent, line.search(/\S/))));
  }
  return { own, next: at };
}

function itemOf(own: string[], depth: number): ListItem {
  const [first = '', ...rest] = own;
  const task = /^\[([ xX])\]\s+/.exec(first);
  if (!task) return { checked: null, blocks: parseBlocks(own, depth + 1) };
  return { checked: task[1] !== ' ', blocks: parseBlocks([first.slice(task[0].length), ...rest], depth + 1) };
}

const readList: Reader = (lines, from, depth) => {
  const first = marker.exec(lines[from] as string);
  if (depth >= maxDepth || !first) return null;
  const ordered = /\d/.test(first[2] as string);
  const items: ListItem[] = [];
  let at = from;
  for (;;) {
    const mark = marker.exec(lines[at] ?? '');
    if (!mark || /\d/.test(mark[2] as string) !== ordered || rule.test(lines[at] as string)) break;
    const { own, next } = readItem(lines, at, mark);
    items.push(itemOf(own, depth));
    at = next;
    // A loose list: a blank line between its items does not end it.
    if ((lines[at] ?? 'x').trim() === '' && marker.test(lines[at + 1] ?? '')) at += 1;
  }
  const start = ordered ? Number.parseInt(first[2] as string, 10) : 1;
  return { block: { kind: 'list', ordered, start, items }, next: at };
};

const readParagraph = (lines: readonly string[], at: number): Read => {
  const end = endOf(lines, at + 1, (line) => !startsBlock(line));
  const text = lines.slice(at, end).map((line) => line.trim());
  return { block: { kind: 'paragraph', children: parseInline(text.join('\n')) }, next: end };
};

const readers: readonly Reader[] = [readFence, readHeading, readRule, readQuote, readList, readTable];

function parseBlocks(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    if ((lines[at] as string).trim() === '') {
      at += 1;
      continue;
    }
    let read: Read | null = null;
    for (const reader of readers) {
      read = reader(lines, at, depth);
      if (read) break;
    }
    const { block, next } = read ?? readParagraph(lines, at);
    blocks.push(block);
    at = next;
  }
  return blocks;
}

function startsBlock(line: string): boolean {
  return line.trim() === '' || [fence, heading, rule, quote, marker].some((pattern) => pattern.test(line));
}

export function parseMarkdown(text: string): Block[] {
  return parseBlocks(text.replaceAll('\r\n', '\n').replaceAll('\t', '    ').split('\n'), 0);
}
