// JSON as lines that can be quoted: an object with a path and a line becomes `path:line: text`, texts keep
// their own lines, the rest becomes `key: value`. Nothing is added and nothing reordered.
import { isRecord } from './check-schema.ts';

const PATH_NAMES = ['path', 'file', 'filename', 'filePath'];
const LINE_NAMES = ['line', 'lineNumber', 'startLine'];
const MAX_LINES = 2_000;

export function flattenJson(value: unknown): string[] {
  const lines: string[] = [];
  addLines(value, '', lines, 0);
  return lines;
}

function addLines(value: unknown, key: string, lines: string[], depth: number): void {
  if (lines.length >= MAX_LINES || depth > 12 || value === null || value === undefined) return;
  if (typeof value === 'string') addText(value, key, lines);
  else if (typeof value === 'number' || typeof value === 'boolean')
    lines.push(key === '' ? String(value) : `${key}: ${value}`);
  else if (Array.isArray(value)) addList(value, key, lines, depth);
  else if (isRecord(value)) addRecord(value, key, lines, depth);
}

function addText(text: string, key: string, lines: string[]): void {
  if (text.trim() === '') return;
  if (text.includes('\n')) {
    for (const line of text.split('\n')) lines.push(line);
  } else {
    lines.push(key === '' ? text : `${key}: ${text}`);
  }
}

function addList(list: readonly unknown[], key: string, lines: string[], depth: number): void {
  for (const item of list) {
    if (typeof item === 'string') addText(item, '', lines);
    else addLines(item, key, lines, depth + 1);
  }
}

function addRecord(record: Readonly<Record<string, unknown>>, key: string, lines: string[], depth: number): void {
  const pathName = PATH_NAMES.find((name) => typeof record[name] === 'string' && record[name] !== '');
  if (pathName !== undefined) {
    lines.push(citeRecord(record, pathName));
    return;
  }
  const scalars = Object.entries(record).filter(([, value]) => value !== null && typeof value !== 'object');
  const oneLine =
    scalars.length === Object.keys(record).length && scalars.every(([, value]) => !String(value).includes('\n'));
  if (oneLine && depth > 0 && scalars.length > 1) {
    lines.push(scalars.map(([name, value]) => `${name}: ${value}`).join(', '));
    return;
  }
  for (const [name, value] of Object.entries(record))
    addLines(value, key === '' ? name : `${key} ${name}`, lines, depth + 1);
}

function citeRecord(record: Readonly<Record<string, unknown>>, pathName: string): string {
  const lineName = LINE_NAMES.find((name) => typeof record[name] === 'number');
  const rest = Object.entries(record)
    .filter(
      ([name, value]) =>
        name !== pathName && name !== lineName && value !== null && typeof value !== 'object' && value !== '',
    )
    .map(([name, value]) => (typeof value === 'string' ? value : `${name} ${value}`));
  const place = lineName === undefined ? String(record[pathName]) : `${record[pathName]}:${record[lineName]}`;
  return `${place}: ${rest.join(', ')}`.replaceAll('\n', ' ');
}
