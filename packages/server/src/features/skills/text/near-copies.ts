// Files that are nearly equal: the share of lines that two have in common, of all different lines of both.
import { setImmediate } from 'node:timers/promises';
import type { SourceFile } from '../read-source.ts';
import { isCode, isGenerated } from './languages.ts';

export interface NearCopy {
  readonly path: string;
  readonly other: string;
  /** Jaccard: 0.5 to 1. */
  readonly similarity: number;
}

export const MIN_COPY_LINES = 10;
const MAX_COMPARED = 2000;

/** Most alike first. Gives way to other work between files. */
export async function findNearCopies(
  sources: readonly SourceFile[],
  minSimilarity: number,
  signal?: AbortSignal,
): Promise<{ readonly pairs: readonly NearCopy[]; readonly compared: number }> {
  const candidates = sources
    .filter((source) => isCode(source.path) && !isGenerated(source.path, source.lines))
    .map((source) => ({ source, lines: significantLines(source) }))
    .filter(({ lines }) => lines.size >= MIN_COPY_LINES)
    .slice(0, MAX_COMPARED)
    .sort((a, b) => a.lines.size - b.lines.size);
  const pairs: NearCopy[] = [];
  for (const [index, left] of candidates.entries()) {
    signal?.throwIfAborted();
    await setImmediate();
    for (let at = index + 1; at < candidates.length; at += 1) {
      const right = candidates[at];
      // Sorted by size: from here on no pair can share enough lines.
      if (right === undefined || left.lines.size / right.lines.size < minSimilarity) break;
      const similarity = similarityOf(left.lines, right.lines, minSimilarity);
      if (similarity >= minSimilarity) pairs.push({ path: right.source.path, other: left.source.path, similarity });
    }
  }
  pairs.sort((a, b) => b.similarity - a.similarity || (a.path < b.path ? -1 : 1));
  return { pairs, compared: candidates.length };
}

function significantLines(source: SourceFile): ReadonlySet<string> {
  return new Set(source.lines.map((line) => line.trim()).filter((line) => line.length > 3));
}

/** 0 as soon as too many lines differ for the share that is asked for. */
function similarityOf(left: ReadonlySet<string>, right: ReadonlySet<string>, least: number): number {
  const mayMiss = left.size - (least * (left.size + right.size)) / (1 + least);
  let shared = 0;
  let missed = 0;
  for (const line of left) {
    if (right.has(line)) shared += 1;
    else {
      missed += 1;
      if (missed > mayMiss + 1) return 0;
    }
  }
  return shared / (left.size + right.size - shared);
}
