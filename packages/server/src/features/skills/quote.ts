// How results are written: one fact a line, `path:line: text`, so that a reader can quote it as it is.
import type { ToolSource } from '../../llm/tool.ts';

const MAX_QUOTE = 240;

/** One line of a file as part of a sentence: trimmed, without control characters, at most 240 characters. */
export function quoteLine(line: string, max: number = MAX_QUOTE): string {
  const clean = printable(line).trim();
  return clean.length > max ? `${clean.slice(0, max)} ... (${clean.length} characters)` : clean;
}

/** Control and direction characters would let a file's content change how a result reads. */
export function printable(line: string): string {
  return line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '�');
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return count(bytes, 'byte');
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

/** `1 file`, `3 files`. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

export function toSources(facts: readonly { readonly path: string; readonly line?: number | null }[]): ToolSource[] {
  return facts.map((fact) => (fact.line ? { path: fact.path, line: fact.line } : { path: fact.path }));
}
