// filesystem_read: a part of one text file, each line with its number so that it can be quoted.
import { confinePath, readWholeConfined } from '../confine-path.ts';
import { count, formatBytes, printable } from '../quote.ts';
import { numberOf, stringOf } from '../read-arguments.ts';
import { isBinary, splitLines } from '../read-source.ts';
import { defineReadingTool, SkillFault } from '../skill.ts';

export const filesystemRead = defineReadingTool({
  name: 'filesystem_read',
  description:
    'Read the contents of one text file of the project, with line numbers. Returns lines as `path:line: text`. Use it to look at a known file; use filesystem_search to find where something is.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: {
        type: 'string',
        minLength: 1,
        maxLength: 4096,
        description: "The file to read, relative to the project's root.",
        examples: ['README.md', 'src/main.ts'],
      },
      fromLine: {
        type: 'integer',
        minimum: 1,
        default: 1,
        description: 'The first line to return, counted from 1.',
        examples: [1, 120],
      },
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 2000,
        default: 400,
        description: 'How many lines to return at most.',
        examples: [100],
      },
    },
  },
  async answer(args, context) {
    const target = await confinePath(context.projectRoot, stringOf(args, 'path', ''), context.closedFolders);
    const bytes = await readWholeConfined(target);
    if (isBinary(bytes)) {
      throw new SkillFault(
        'skills.binary',
        `\`${target.relative}\` is a binary file of ${formatBytes(target.bytes)}; only text is shown.`,
      );
    }
    const lines = splitLines(bytes.toString('utf8'));
    const fromLine = numberOf(args, 'fromLine', 1);
    const shown = lines.slice(fromLine - 1, fromLine - 1 + numberOf(args, 'limit', 400));
    if (shown.length === 0 && lines.length > 0) {
      throw new SkillFault(
        'skills.invalid-arguments',
        `\`${target.relative}\` has ${count(lines.length, 'line')}; line ${fromLine} is behind its end.`,
      );
    }
    const toLine = fromLine + shown.length - 1;
    const head = `${target.relative}: ${count(lines.length, 'line')}, ${formatBytes(target.bytes)}; shown are lines ${fromLine} to ${toLine}.`;
    return {
      text:
        lines.length === 0
          ? `${target.relative} is empty.`
          : [head, ...shown.map((line, index) => `${target.relative}:${fromLine + index}: ${printable(line)}`)].join(
              '\n',
            ),
      data: { path: target.relative, totalLines: lines.length, bytes: target.bytes, fromLine, toLine, lines: shown },
      sources: [{ path: target.relative, line: fromLine }],
    };
  },
});
