// Turns a unified diff into quotable lines: `path:line: + text` counts in the new file, `path:line: - text`
// in the old one.
import { printable } from '../quote.ts';

export interface DiffLine {
  readonly path: string;
  readonly line: number;
  readonly change: '+' | '-' | ' ';
  readonly text: string;
}

export interface DiffFile {
  readonly path: string;
  readonly change: 'changed' | 'added' | 'deleted' | 'renamed' | 'binary';
  readonly from: string | null;
  added: number;
  removed: number;
  readonly lines: DiffLine[];
}

type OpenFile = { -readonly [key in keyof DiffFile]: DiffFile[key] };

export function parseDiff(text: string): DiffFile[] {
  const files: OpenFile[] = [];
  let file: OpenFile | undefined;
  const at = { old: 0, new: 0, oldLeft: 0, newLeft: 0 };
  for (const line of text.split('\n')) {
    const inHunk = at.oldLeft > 0 || at.newLeft > 0;
    if (!inHunk && line.startsWith('diff --git ')) {
      file = { path: nameFromHeader(line), change: 'changed', from: null, added: 0, removed: 0, lines: [] };
      files.push(file);
    } else if (file !== undefined && !inHunk) {
      readHeader(file, line, at);
    } else if (file !== undefined) {
      readLine(file, line, at);
    }
  }
  return files;
}

interface Position {
  old: number;
  new: number;
  oldLeft: number;
  newLeft: number;
}

function readHeader(file: OpenFile, line: string, at: Position): void {
  const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
  if (hunk !== null) {
    at.old = Number(hunk[1]);
    at.oldLeft = Number(hunk[2] ?? 1);
    at.new = Number(hunk[3]);
    at.newLeft = Number(hunk[4] ?? 1);
  } else if (line.startsWith('new file mode')) file.change = 'added';
  else if (line.startsWith('deleted file mode')) file.change = 'deleted';
  else if (line.startsWith('rename from ')) {
    file.change = 'renamed';
    file.from = unquote(line.slice('rename from '.length));
  } else if (line.startsWith('rename to ')) file.path = unquote(line.slice('rename to '.length));
  else if (line.startsWith('Binary files ')) file.change = file.change === 'changed' ? 'binary' : file.change;
  else if (line.startsWith('--- a/') || line.startsWith('+++ b/')) file.path = line.slice(6).replace(/\t$/, '');
  else if (line.startsWith('--- "a/') || line.startsWith('+++ "b/')) file.path = unquote(line.slice(4)).slice(2);
}

function readLine(file: OpenFile, line: string, at: Position): void {
  const mark = line[0];
  const text = line.slice(1);
  if (mark === '+') {
    file.lines.push({ path: file.path, line: at.new, change: '+', text });
    file.added += 1;
  } else if (mark === '-') {
    file.lines.push({ path: file.path, line: at.old, change: '-', text });
    file.removed += 1;
  } else if (mark === ' ' || mark === undefined) {
    file.lines.push({ path: file.path, line: at.new, change: ' ', text });
  } else return;
  if (mark !== '-') {
    at.new += 1;
    at.newLeft -= 1;
  }
  if (mark !== '+') {
    at.old += 1;
    at.oldLeft -= 1;
  }
}

function nameFromHeader(line: string): string {
  // Without quotes both halves are the same name: `a/x b/x`.
  const names = line.slice('diff --git '.length);
  if (names.startsWith('"')) return unquote(names.slice(0, names.indexOf('"', 1) + 1)).slice(2);
  return names.slice(2, (names.length - 1) / 2);
}

function unquote(name: string): string {
  if (!name.startsWith('"')) return name;
  try {
    const parsed: unknown = JSON.parse(name.trimEnd());
    return typeof parsed === 'string' ? parsed : name;
  } catch (error) {
    // Octal escapes of git are no JSON; the quoted form still tells which file it is.
    if (error instanceof SyntaxError) return name.slice(1, -1);
    throw error;
  }
}

export function showDiff(files: readonly DiffFile[], withLines: boolean): string[] {
  return files.flatMap((file) => {
    const from = file.from === null ? '' : ` from ${printable(file.from)}`;
    const first = file.lines.find((line) => line.change !== ' ')?.line ?? 1;
    const head = `${printable(file.path)}:${first}: ${file.change}${from}, +${file.added} -${file.removed} lines`;
    if (!withLines) return [head];
    return [
      head,
      ...file.lines.map((line) => `${printable(line.path)}:${line.line}: ${line.change} ${printable(line.text)}`),
    ];
  });
}
