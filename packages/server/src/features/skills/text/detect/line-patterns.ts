// Detectors that look at the raw lines: merge conflicts, very long lines, dates, code in comments.
import type { Detector, Finding } from '../finding.ts';
import { isCode, isGenerated } from '../languages.ts';
import { maskSource } from '../mask-source.ts';
import { findDates, isPast } from '../parse-dates.ts';

/** A conflict is three marks in their order, at the beginning of lines. A row of `=` alone is a heading. */
export const conflictMarkersDetector: Detector = {
  kind: 'conflict-markers',
  title: 'Unresolved merge conflicts',
  inFile(source) {
    const found: Finding[] = [];
    let start: number | null = null;
    let middle = false;
    for (const [index, line] of source.lines.entries()) {
      if (/^<{7}(?: |$)/.test(line)) {
        start = index + 1;
        middle = false;
      } else if (start !== null && /^={7}$/.test(line)) middle = true;
      else if (start !== null && middle && /^>{7}(?: |$)/.test(line)) {
        const message = `unresolved merge conflict (lines ${start} to ${index + 1})`;
        const quote = source.lines[start - 1] ?? '';
        found.push({ kind: 'conflict-markers', path: source.path, line: start, message, quote, weight: 3 });
        start = null;
      }
    }
    return found;
  },
};

export const longLinesDetector: Detector = {
  kind: 'long-lines',
  title: 'Very long lines',
  inFile(source, options) {
    if (!isCode(source.path) || isGenerated(source.path, source.lines)) return [];
    return source.lines.flatMap((line, index) =>
      line.length < options.minLength
        ? []
        : [
            {
              kind: 'long-lines',
              path: source.path,
              line: index + 1,
              message: `line of ${line.length} characters`,
              quote: line.slice(0, 80),
              weight: line.length / 10_000_000,
              details: { length: line.length },
            },
          ],
    );
  },
};

export const datesDetector: Detector = {
  kind: 'dates',
  title: 'Dates',
  inFile(source, options) {
    if (isGenerated(source.path, source.lines)) return [];
    return source.lines.flatMap((line, index) =>
      findDates(line.slice(0, 2000)).map((date) => ({
        kind: 'dates',
        path: source.path,
        line: index + 1,
        message: `date ${date.text} (${isPast(date, options.now) ? 'past' : 'ahead'})`,
        quote: line,
        details: { date: date.text, past: isPast(date, options.now) },
      })),
    );
  },
};

// What ends or begins like a statement; prose hardly ever does.
const STATEMENT =
  /[;{}]\s*$|^\s*(?:(?:const|let|var|if|for|while|return|import|from|def|class|function|public|private|await|else|elif|try|except)\b.*[=(){};:]|[\w.$]+\s*(?:=|\+=)\s*\S+|[\w.$]+\(.*\)\s*;?\s*$|<\/?\w+[^>]*>\s*$)/;
// A block needs two of these: tables and grammars hold `name = value` too.
const SURE = /[;{}]\s*$|\)\s*:?\s*$|^\s*(?:const|let|var|if|for|while|return|import|from|def|class|function|await)\b/;
const MIN_BLOCK = 3;

function isCodeBlock(lines: number, code: readonly { readonly text: string }[]): boolean {
  if (code.length < MIN_BLOCK || code.length < lines * 0.7) return false;
  return code.filter((line) => SURE.test(line.text)).length >= 2;
}

/** Blocks of at least three comment lines that read as statements. */
export const commentedOutCodeDetector: Detector = {
  kind: 'commented-out-code',
  title: 'Commented-out code',
  inFile(source) {
    const masked = maskSource(source);
    if (masked === null || !isCode(source.path) || isGenerated(source.path, source.lines)) return [];
    const found: Finding[] = [];
    let block: { line: number; text: string }[] = [];
    const close = () => {
      const code = block.filter((line) => STATEMENT.test(line.text));
      const first = block[0];
      if (first !== undefined && isCodeBlock(block.length, code)) {
        found.push({
          kind: 'commented-out-code',
          path: source.path,
          line: first.line,
          message: `${block.length} lines of commented-out code`,
          quote: source.lines[first.line - 1] ?? '',
        });
      }
      block = [];
    };
    for (const comment of masked.comments) {
      // Documentation holds examples on purpose.
      if (comment.documentation || /^\s*(?:\/\*\*|\*|\/\/\/|\/\/!)/.test(comment.text)) continue;
      const text = comment.text.replace(/^\s*(?:\/\/|\/\*|#|--)\s?/, '').replace(/\*\/\s*$/, '');
      const standsAlone = (masked.codeLines[comment.line - 1] ?? '').trim() === '';
      if (block.length > 0 && block.at(-1)?.line !== comment.line - 1) close();
      if (standsAlone && text.trim() !== '') block.push({ line: comment.line, text: text.trimEnd().slice(0, 500) });
    }
    close();
    return found;
  },
};
