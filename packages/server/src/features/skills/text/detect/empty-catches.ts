// Errors that vanish: catch blocks that do nothing.
import type { SourceFile } from '../../read-source.ts';
import { lineCounter } from '../count-lines.ts';
import type { Detector, Finding } from '../finding.ts';
import { isGenerated, isTest } from '../languages.ts';
import { type MaskedSource, maskSource } from '../mask-source.ts';

const BRACED = /\bcatch\b\s*(?:\([^(){}]{0,200}\)\s*)?\{(\s*)\}/g;
const PROMISE = /\.catch\s*\(\s*(?:\(\s*\w*\s*\)|\w+)\s*=>\s*\{(\s*)\}\s*\)/g;

export const emptyCatchesDetector: Detector = {
  kind: 'empty-catches',
  title: 'Swallowed errors',
  inFile(source) {
    const masked = maskSource(source);
    if (masked === null || isGenerated(source.path, source.lines)) return [];
    if (masked.family === 'python') return findPassing(source, masked);
    if (!['script', 'braces', 'keyword-braces'].includes(masked.family)) return [];
    return [
      ...findBlocks(source, masked, BRACED, 'catch block'),
      ...(masked.family === 'script' ? findBlocks(source, masked, PROMISE, 'catch callback') : []),
    ];
  },
};

function findBlocks(source: SourceFile, masked: MaskedSource, pattern: RegExp, name: string): Finding[] {
  const found: Finding[] = [];
  const lineAt = lineCounter(masked.code);
  const commentLines = new Set(masked.comments.map((comment) => comment.line));
  for (const match of masked.code.matchAll(pattern)) {
    const line = lineAt(match.index);
    const endLine = line + match[0].split('\n').length - 1;
    const lines = Array.from({ length: endLine - line + 1 }, (_, index) => line + index);
    const commented = lines.some((one) => commentLines.has(one));
    const message = commented
      ? `${name} that only holds a comment: the error is dropped`
      : `empty ${name}: the error is dropped`;
    found.push({
      kind: 'empty-catches',
      path: source.path,
      line,
      message,
      quote: source.lines[line - 1] ?? '',
      weight: commented || isTest(source.path) ? 0 : 1,
      ...(commented ? { aside: true } : {}),
    });
  }
  return found;
}

/** `except ...:` whose whole body is `pass` or `...`. Exact exception types are often dropped on purpose, so they weigh less. */
function findPassing(source: SourceFile, masked: MaskedSource): Finding[] {
  const found: Finding[] = [];
  for (const [index, line] of masked.codeLines.entries()) {
    const except = /^(\s*)except\b([^:]*):\s*(pass|\.\.\.)?\s*$/.exec(line);
    if (except === null) continue;
    const next = masked.codeLines.slice(index + 1).find((text) => text.trim() !== '') ?? '';
    if (except[3] === undefined && !/^\s*(?:pass|\.\.\.)\s*$/.test(next)) continue;
    const broad = /^\s*(?:\(?(?:Base)?Exception\b.*)?$/.test(except[2] ?? '');
    found.push({
      kind: 'empty-catches',
      path: source.path,
      line: index + 1,
      message: `${broad ? 'broad ' : ''}except that only passes: the error is dropped`,
      quote: source.lines[index] ?? '',
      weight: broad ? 1 : 0,
    });
  }
  return found;
}
