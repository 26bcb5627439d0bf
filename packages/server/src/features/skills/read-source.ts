// Files as lines of text. Decides what is binary and how much of a project one call may read.
import { join } from 'node:path';
import type { ToolContext } from '../../llm/tool.ts';
import { MAX_FILE_BYTES, readConfined } from './confine-path.ts';
import type { ProjectFile } from './project-files.ts';
import { SkillFault } from './skill.ts';

export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
  readonly tracked: boolean | null;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Why a file was listed but not read, for the result to say so. */
export interface SkippedFile {
  readonly path: string;
  readonly reason: 'binary' | 'too large' | 'link' | 'unreadable' | 'total size reached';
}

export const MAX_SOURCE_BYTES = 2_000_000;
const MAX_TOTAL_BYTES = 96_000_000;

/** A NUL in the first 8,000 bytes, as git decides it. */
export function isBinary(bytes: Buffer): boolean {
  return bytes.subarray(0, 8000).includes(0);
}

/** Lines without their line ends; a last empty line after a final newline is none. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Reads the text files among `files`, in order; what is no readable text is named in `skipped`. */
export async function readSources(
  context: ToolContext,
  root: string,
  files: readonly ProjectFile[],
): Promise<{ readonly sources: SourceFile[]; readonly skipped: SkippedFile[] }> {
  const sources: SourceFile[] = [];
  const skipped: SkippedFile[] = [];
  let total = 0;
  for (const file of files) {
    context.signal.throwIfAborted();
    if (file.link !== 'no') skipped.push({ path: file.path, reason: 'link' });
    else if (file.bytes > MAX_SOURCE_BYTES) skipped.push({ path: file.path, reason: 'too large' });
    else if (total + file.bytes > MAX_TOTAL_BYTES) skipped.push({ path: file.path, reason: 'total size reached' });
    else {
      const read = await readSource(root, file);
      if (typeof read === 'string') skipped.push({ path: file.path, reason: read });
      else {
        total += file.bytes;
        sources.push(read);
      }
    }
  }
  return { sources, skipped };
}

/** The raw bytes of a listed file; null when it disappeared or may not be read. */
export async function readListed(root: string, file: ProjectFile, maxBytes: number = MAX_FILE_BYTES) {
  try {
    const target = {
      root,
      absolute: join(root, file.path),
      relative: file.path,
      kind: 'file',
      bytes: file.bytes,
    } as const;
    return await readConfined(target, maxBytes);
  } catch (error) {
    if (error instanceof SkillFault || (error instanceof Error && 'code' in error)) return null;
    throw error;
  }
}

async function readSource(root: string, file: ProjectFile): Promise<SourceFile | 'binary' | 'unreadable'> {
  const read = await readListed(root, file, MAX_SOURCE_BYTES);
  if (read === null) return 'unreadable';
  if (isBinary(read.bytes)) return 'binary';
  const text = read.bytes.toString('utf8').replace(/^\uFEFF/, '');
  return { path: file.path, bytes: file.bytes, tracked: file.tracked, text, lines: splitLines(text) };
}

/** One sentence on what was not read, or nothing. Links are no loss: what they lead to is listed itself. */
export function describeSkipped(skipped: readonly SkippedFile[]): string[] {
  const told = skipped.filter((file) => file.reason !== 'link' && file.reason !== 'binary');
  if (told.length === 0) return [];
  const names = told.slice(0, 5).map((file) => `${file.path} (${file.reason})`);
  const more = told.length > 5 ? ` and ${told.length - 5} more` : '';
  return [`Not searched: ${names.join(', ')}${more}.`];
}
