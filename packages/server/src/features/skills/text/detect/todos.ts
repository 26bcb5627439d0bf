// Notes that people left to themselves: TODO, FIXME, HACK, XXX, BUG in comments, with the dates that they name.

import type { SourceFile } from '../../read-source.ts';
import type { DetectOptions, Detector, Finding } from '../finding.ts';
import { languageOf } from '../languages.ts';
import { maskSource } from '../mask-source.ts';
import { describeDistance, findDates, isPast } from '../parse-dates.ts';

// A note begins a comment, or its mark is followed by a colon or a bracket; elsewhere the word is only talked about.
const MARK =
  /(?:^\s*(?:\/\/+!?|\/\*+!?|\*+|#+|--+|<!--|"""|''')?\s*@?(TODO|FIXME|HACK|XXX)(?![\w'"`,-])|(?:^|[^\w'"`-])(TODO|FIXME|HACK|XXX|BUG)(?::|\())/;
// In prose a mark counts only where it begins a note.
const PROSE_MARK =
  /(?:^\s*(?:[-*+>]\s*)?(?:\[[ x]\]\s*)?|<!--\s*)(?:\*\*)?(TODO|FIXME|HACK|XXX)(?:\*\*)?\s*(?:[:(-]|\*\*)/;

export const todosDetector: Detector = {
  kind: 'todos',
  title: 'Notes left to do',
  inFile(source, options) {
    return notesOf(source).flatMap((note) => describeNote(source, note, options));
  },
};

interface Note {
  readonly line: number;
  readonly mark: string;
  readonly text: string;
}

function notesOf(source: SourceFile): Note[] {
  const masked = maskSource(source);
  if (masked === null) {
    if (!/\.(?:md|markdown|txt|rst|adoc)$/i.test(source.path) && languageOf(source.path) === null) return [];
    return marksIn(
      source.lines.map((text, index) => ({ line: index + 1, text })),
      PROSE_MARK,
    );
  }
  return marksIn(masked.comments, MARK);
}

function marksIn(lines: readonly { readonly line: number; readonly text: string }[], mark: RegExp): Note[] {
  const notes: Note[] = [];
  for (const [index, { line, text }] of lines.entries()) {
    const found = mark.exec(text.slice(0, 2000));
    if (found === null || /eslint|no-warning-comments|biome-ignore/.test(text)) continue;
    const next = lines[index + 1];
    // A note often goes on in the next comment line; its date may stand there.
    const continues = next !== undefined && next.line === line + 1 && !mark.test(next.text) ? next.text : '';
    notes.push({
      line,
      mark: found[1] ?? found[2] ?? '',
      text: `${text.slice(found.index)} ${continues}`.slice(0, 1000),
    });
  }
  return notes;
}

function weighNote(mark: string, isPast: boolean): number {
  if (isPast) return 2;
  return mark === 'TODO' || mark === 'XXX' ? 0 : 0.5;
}

function describeNote(source: SourceFile, note: Note, options: DetectOptions): Finding[] {
  const dates = findDates(note.text);
  const past = dates.filter((date) => isPast(date, options.now));
  const oldest = past.sort((a, b) => a.endsAt.getTime() - b.endsAt.getTime())[0];
  const first = oldest ?? dates[0];
  const isAhead = oldest === undefined && first !== undefined;
  const dated = first === undefined ? '' : ` dated ${first.text} (${describeDistance(first, options.now)})`;
  return [
    {
      kind: 'todos',
      path: source.path,
      line: note.line,
      message: `${note.mark}${dated}`,
      quote: source.lines[note.line - 1] ?? '',
      weight: weighNote(note.mark, oldest !== undefined),
      ...(isAhead ? { aside: true } : {}),
      details: { mark: note.mark, date: first?.text ?? null, past: oldest !== undefined },
    },
  ];
}
