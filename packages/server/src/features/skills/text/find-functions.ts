// Where functions begin and end, by matching braces or indentation in masked code. No parser: a function
// written in a way that is not understood is left out, never invented.
import { lineCounter } from './count-lines.ts';
import type { MaskedSource } from './mask-source.ts';

export interface FoundFunction {
  readonly name: string;
  readonly line: number;
  readonly endLine: number;
}

export function findFunctions(masked: MaskedSource): FoundFunction[] {
  if (masked.family === 'python') return findPython(masked.codeLines);
  if (masked.family === 'ruby') return findRuby(masked.codeLines);
  if (masked.family === 'script' || masked.family === 'braces' || masked.family === 'keyword-braces')
    return findBraced(masked);
  return [];
}

interface Brackets {
  readonly closeOf: ReadonlyMap<number, number>;
  readonly openOf: ReadonlyMap<number, number>;
}

const NO_FUNCTION = new Set(
  'if for while switch catch with return else do try synchronized lock using fixed foreach await typeof throw when unless elif case sizeof defined match guard super function'.split(
    ' ',
  ),
);

interface NamedAt {
  readonly name: string;
  /** The position that a reader would call the beginning. */
  readonly at: number;
}

function findBraced(masked: MaskedSource): FoundFunction[] {
  const { code } = masked;
  const brackets = matchBrackets(code);
  const lineAt = lineCounter(code);
  const found: FoundFunction[] = [];
  for (const [open, close] of brackets.closeOf) {
    if (!mayOpenBody(code, open, masked.family)) continue;
    const header = readHeader(code, open, brackets);
    const named =
      masked.family === 'script'
        ? nameScript(code, open, header, brackets)
        : nameBraced(code, open, header, masked.family);
    if (named !== null) found.push({ name: named.name, line: lineAt(named.at), endLine: lineAt(close) });
  }
  return found.sort((a, b) => a.line - b.line || b.endLine - a.endLine);
}

/** A body is braced; an arrow function may also return something in parentheses. */
function mayOpenBody(code: string, open: number, family: string): boolean {
  if (code[open] === '{') return true;
  return code[open] === '(' && family === 'script' && /=>\s{0,40}$/.test(code.slice(Math.max(0, open - 42), open));
}

function matchBrackets(code: string): Brackets {
  const closeOf = new Map<number, number>();
  const openOf = new Map<number, number>();
  const stack: number[] = [];
  const pairs: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
  const pattern = /[()[\]{}]/g;
  for (let match = pattern.exec(code); match !== null; match = pattern.exec(code)) {
    const wanted = pairs[match[0]];
    if (wanted === undefined) {
      stack.push(match.index);
      continue;
    }
    // An unmatched closing bracket closes nothing; an unclosed inner one is dropped.
    const at = nearestOpen(code, stack, wanted);
    if (at === null) continue;
    const open = stack[at] ?? 0;
    stack.length = at;
    closeOf.set(open, match.index);
    openOf.set(match.index, open);
  }
  return { closeOf: new Map([...closeOf].sort(([a], [b]) => a - b)), openOf };
}

/** Looks 64 levels down: more would let a hostile file cost the square of its size. */
function nearestOpen(code: string, stack: readonly number[], wanted: string): number | null {
  for (let at = stack.length - 1; at >= Math.max(0, stack.length - 64); at -= 1) {
    if (code[stack[at] ?? 0] === wanted) return at;
  }
  return null;
}

interface Header {
  /** Where the statement that ends with this bracket begins. */
  readonly start: number;
  /** The positions of its parenthesis groups, from left to right. */
  readonly groups: readonly (readonly [open: number, close: number])[];
}

// Longer signatures are not understood; the bound keeps the work in proportion to the file.
const MAX_HEADER = 2000;
const MAX_HEAD = 300;

/** Walks back over whole groups, so that braces and semicolons inside of parameters do not end it. */
function readHeader(code: string, open: number, brackets: Brackets): Header {
  const groups: (readonly [number, number])[] = [];
  let at = open - 1;
  for (; at >= 0 && open - at < MAX_HEADER; at -= 1) {
    const character = code[at];
    if (character === ')' || character === ']') {
      const start = brackets.openOf.get(at);
      if (start === undefined) break;
      if (character === ')') groups.unshift([start, at]);
      at = start;
    } else if (character === ';' || character === '{' || character === '}' || character === '(' || character === '[')
      break;
  }
  return { start: at + 1, groups };
}

function nameScript(code: string, open: number, header: Header, brackets: Brackets): NamedAt | null {
  if (/=>\s*$/.test(code.slice(Math.max(header.start - 200, 0), open))) return nameArrow(code, open, header, brackets);
  if (code[open] !== '{') return null;
  const group = typedGroup(code, open, brackets);
  if (group === null) return null;
  const head = code.slice(headStart(header.start, group[0]), group[0]);
  const keyword = /\b(?:async\s+)?function\s*\*?\s*([\w$]*)\s*(?:<[^<>()]*>)?\s*$/.exec(head);
  if (keyword !== null) {
    const at = group[0] - head.length + keyword.index;
    return { name: keyword[1] || assignedName(code, at), at };
  }
  const named = /([\w$#]+)\s*(?:<[^<>()]*>)?\s*$/.exec(head);
  if (named === null || NO_FUNCTION.has(named[1] ?? '')) return null;
  if (/\b(?:new|return|await|case|extends)\s+[\w$.]+\s*$|[?=.&|+]\s*[\w$#]+\s*$/.test(head)) return null;
  return { name: named[1] ?? '', at: group[0] - head.length + named.index };
}

/** A header that stops at a return type begins behind its own parameters; then only the bound counts. */
function headStart(start: number, groupOpen: number): number {
  return Math.max(0, groupOpen - MAX_HEAD, start < groupOpen ? start : 0);
}

/**
 * The parameters before a return type that holds braces, as in `f(a): Promise<{ b: string }> {`; the header
 * walk stops at such a type.
 */
function typedGroup(code: string, end: number, brackets: Brackets): readonly [number, number] | null {
  for (let at = end - 1; at >= 0 && end - at < MAX_RETURN_TYPE; at -= 1) {
    const character = code[at] ?? '';
    if (')]}'.includes(character)) {
      const open = brackets.openOf.get(at);
      if (open === undefined) return null;
      if (character === ')' && isReturnType(code.slice(at + 1, end))) return [open, at];
      at = open;
    } else if (';{(['.includes(character) || (character === '=' && code[at + 1] !== '>')) return null;
  }
  return null;
}

const MAX_RETURN_TYPE = 600;

/** Nothing, or a colon and a whole type: its angle brackets closed, nothing left open at its end. */
function isReturnType(text: string): boolean {
  if (text.trim() === '') return true;
  // Without semicolons the next statement begins on a line of its own.
  if (/\n\s*(?:export|declare|namespace|module|import|const|let|var|class|function|interface|type)\b/.test(text))
    return false;
  if (!/^\s*:\s*[\w$"'`[({][^;]*[\w$"'`\])}>]\s*$/.test(text)) return false;
  const type = text.replaceAll('=>', '');
  return type.split('<').length === type.split('>').length;
}

function nameArrow(code: string, open: number, header: Header, brackets: Brackets): NamedAt {
  const arrow = code.lastIndexOf('=>', open);
  const group = typedGroup(code, arrow, brackets);
  const single = /([\w$]+)\s*$/.exec(code.slice(headStart(header.start, arrow), arrow));
  const at = group === null ? arrow - (single?.[0].length ?? 0) : group[0];
  return { name: assignedName(code, at), at };
}

/** The name that a function value is given by what stands before it. */
function assignedName(code: string, start: number): string {
  const before = code.slice(Math.max(0, start - 300), start).replace(/(?:\basync\s*)?(?:<[^<>()]*>\s*)?$/, '');
  const assigned = /([\w$#.]+)\s*\??\s*(?::[^=;{}]*)?=\s*$/.exec(before)?.[1] ?? /([\w$]+)\s*:\s*$/.exec(before)?.[1];
  if (assigned !== undefined) return assigned;
  const called = /([\w$.]+)\s*(?:<[^<>()]*>)?\(\s*(?:[^(){}]*,\s*)?$/.exec(before)?.[1];
  return called === undefined ? '(anonymous)' : `(callback of ${called})`;
}

function nameBraced(code: string, open: number, header: Header, family: string): NamedAt | null {
  if (code[open] !== '{') return null;
  if (family === 'keyword-braces') {
    const named = /\b(?:func|fn|fun|function)\s+(?:\([^()]*\)\s*)?(?:<[^<>]*>\s*)?(?:\w+\.)?(\w+)\s*[<([]/.exec(
      code.slice(header.start, open),
    );
    return named === null ? null : { name: named[1] ?? '', at: header.start + named.index };
  }
  let start = header.start;
  for (const [index, [groupOpen, groupClose]] of header.groups.entries()) {
    const head = code.slice(headStart(start, groupOpen), groupOpen);
    const named = /(@?)([\w~:]+)\s*$/.exec(head);
    const next = header.groups[index + 1];
    start = groupClose + 1;
    if (named === null || named[1] === '@') continue;
    // A macro call on a line of its own stands before the function, it is none.
    if (next !== undefined && /^[ \t]*\n\s*[A-Za-z_]/.test(code.slice(groupClose + 1, next[0]))) continue;
    const name = named[2] ?? '';
    // `: a(b), c{1}`: the brace of an initialiser is no body.
    const isInitialiser = /^\s*:[^:]/.test(code.slice(groupClose + 1, open)) && /\w/.test(code[open - 1] ?? '');
    if (isInitialiser || NO_FUNCTION.has(name) || NO_SIGNATURE.test(head)) return null;
    return { name, at: groupOpen - head.length + named.index };
  }
  return null;
}

const NO_SIGNATURE = /[=.]|\b(?:new|return|throw|class|struct|enum|interface|namespace|record|object)\b|->/;

function findPython(lines: readonly string[]): FoundFunction[] {
  const found: FoundFunction[] = [];
  for (const [index, line] of lines.entries()) {
    const definition = /^(\s*)(?:async\s+)?def\s+(\w+)/.exec(line);
    if (definition === null) continue;
    const indent = widthOf(definition[1] ?? '');
    let end = signatureEnd(lines, index);
    for (let next = end + 1; next < lines.length; next += 1) {
      const text = lines[next] ?? '';
      if (text.trim() === '') continue;
      if (widthOf(/^\s*/.exec(text)?.[0] ?? '') <= indent) break;
      end = next;
    }
    found.push({ name: definition[2] ?? '', line: index + 1, endLine: end + 1 });
  }
  return found;
}

function signatureEnd(lines: readonly string[], start: number): number {
  let depth = 0;
  for (let index = start; index < Math.min(lines.length, start + 200); index += 1) {
    for (const character of lines[index] ?? '') {
      if ('([{'.includes(character)) depth += 1;
      else if (')]}'.includes(character)) depth -= 1;
    }
    if (depth <= 0) return index;
  }
  return start;
}

function findRuby(lines: readonly string[]): FoundFunction[] {
  const found: FoundFunction[] = [];
  // From the last line up, so that the nearest `end` of an indentation is always known.
  const endOf = new Map<string, number>();
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? '';
    const close = /^(\s*)end\s*$/.exec(line);
    if (close !== null) endOf.set(close[1] ?? '', index + 1);
    const definition = /^(\s*)def\s+(?:self\.)?([\w?!=]+)/.exec(line);
    const endLine = definition === null ? undefined : endOf.get(definition[1] ?? '');
    if (definition !== null && endLine !== undefined)
      found.push({ name: definition[2] ?? '', line: index + 1, endLine });
  }
  return found.reverse();
}

function widthOf(indent: string): number {
  return indent.replaceAll('\t', '        ').length;
}
