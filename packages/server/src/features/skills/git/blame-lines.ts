// git_blame: who last changed each line of a file, and when. Reads the committed file, not the work tree.
import { count, printable } from '../quote.ts';
import { numberOf, stringOf } from '../read-arguments.ts';
import { runGit } from '../run-git.ts';
import { defineReadingTool, explainFault, SkillFault } from '../skill.ts';
import { historicPath, resolveRevision } from './revisions.ts';

interface BlamedLine {
  readonly line: number;
  readonly commit: string;
  readonly author: string;
  readonly at: string;
  readonly text: string;
}

export const gitBlame = defineReadingTool({
  name: 'git_blame',
  description:
    'Show for each line of a file who wrote or last changed the line, when, and in which commit (blame, annotate). Use it to learn the age and author of a line.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: {
        type: 'string',
        minLength: 1,
        maxLength: 4096,
        description: "The file, relative to the project's root.",
        examples: ['src/main.ts'],
      },
      fromLine: {
        type: 'integer',
        minimum: 1,
        default: 1,
        description: 'The first line, counted from 1.',
        examples: [10],
      },
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 1000,
        default: 200,
        description: 'How many lines to return at most.',
        examples: [20],
      },
      revision: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        default: 'HEAD',
        description: 'The file as it was in this commit, branch or tag.',
        examples: ['HEAD'],
      },
    },
  },
  async answer(args, context) {
    const path = await historicPath(context, stringOf(args, 'path', ''));
    const id = await resolveRevision(context, stringOf(args, 'revision', 'HEAD'));
    const from = numberOf(args, 'fromLine', 1);
    const range = `-L${from},+${numberOf(args, 'limit', 200)}`;
    const { text, cut } = await blame(context, path, range, id);
    const lines = parseBlame(text);
    return {
      text: [
        `${printable(path)} in commit ${id.slice(0, 10)}: ${count(lines.length, 'line')} from line ${from}.${cut ? ' The output was cut.' : ''}`,
        ...lines.map(
          (line) =>
            `${printable(path)}:${line.line}: ${printable(line.text)} (${printable(line.author)}, ${line.at.slice(0, 10)}, ${line.commit.slice(0, 10)})`,
        ),
      ].join('\n'),
      data: { path, revision: id, lines },
      sources: [{ path, line: from, commit: id }],
    };
  },
});

async function blame(context: Parameters<typeof runGit>[0], path: string, range: string, id: string) {
  try {
    return await runGit(context, ['blame', '--no-textconv', '--line-porcelain', range, id, '--', path]);
  } catch (error) {
    if (!(error instanceof SkillFault) || error.code !== 'skills.git-failed') throw error;
    if (/no such path/.test(error.message)) {
      throw explainFault(
        'skills.path-not-found',
        `Commit ${id.slice(0, 10)} has no file \`${printable(path)}\`; only committed files have a history.`,
        { cause: error },
      );
    }
    const lines = /has only (\d+) lines?/.exec(error.message)?.[1];
    if (lines === undefined) throw error;
    throw explainFault(
      'skills.invalid-arguments',
      `\`${printable(path)}\` has only ${lines} lines in ${id.slice(0, 10)}.`,
      { cause: error },
    );
  }
}

function parseBlame(text: string): BlamedLine[] {
  const lines: BlamedLine[] = [];
  let open = { commit: '', line: 0, author: '', at: '' };
  for (const row of text.split('\n')) {
    const start = /^([0-9a-f]{40,64}) \d+ (\d+)/.exec(row);
    if (row.startsWith('\t')) lines.push({ ...open, text: row.slice(1) });
    else if (start !== null) open = { commit: start[1] ?? '', line: Number(start[2]), author: '', at: '' };
    else if (row.startsWith('author ')) open.author = row.slice(7);
    else if (row.startsWith('author-time ')) open.at = new Date(Number(row.slice(12)) * 1000).toISOString();
  }
  return lines;
}
