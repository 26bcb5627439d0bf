// git_show: one commit with its message and changes, or one file as it was in a commit.
import type { ToolContext } from '../../../llm/tool.ts';
import { count, printable, toSources } from '../quote.ts';
import { flagOf, stringOf } from '../read-arguments.ts';
import { splitLines } from '../read-source.ts';
import { runGit } from '../run-git.ts';
import { defineReadingTool, SkillFault, type ToolAnswer } from '../skill.ts';
import { parseDiff, showDiff } from './parse-diff.ts';
import { historicPath, resolveRevision } from './revisions.ts';
import { DIFF_OPTIONS } from './show-diff.ts';

export const gitShow = defineReadingTool({
  name: 'git_show',
  description:
    'Show what changed in one commit, the last one unless another is named: its author, date, message and the changed lines. With `content: true` and a path it shows that file as it was in the commit.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      revision: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        default: 'HEAD',
        description: 'The commit: its id, a branch or a tag.',
        examples: ['HEAD', 'HEAD~3', 'v1.0.0'],
      },
      path: {
        type: 'string',
        maxLength: 4096,
        default: '.',
        description: "Only changes in this file or folder, relative to the project's root.",
        examples: ['.', 'src/main.ts'],
      },
      content: {
        type: 'boolean',
        default: false,
        description: 'True: show the whole file `path` as it was in the commit, instead of the changes.',
      },
    },
  },
  async answer(args, context) {
    const id = await resolveRevision(context, stringOf(args, 'revision', 'HEAD'));
    const path = await historicPath(context, stringOf(args, 'path', '.'));
    return flagOf(args, 'content', false) ? showContent(context, id, path) : showChanges(context, id, path);
  },
});

async function showChanges(context: ToolContext, id: string, path: string): Promise<ToolAnswer> {
  const format = '--format=%an%x00%aI%x00%B%x00';
  const command = [
    'show',
    '--no-show-signature',
    ...DIFF_OPTIONS,
    '-U1',
    '--first-parent',
    '-m',
    format,
    id,
    '--',
    path,
  ];
  const { text, cut } = await runGit(context, command, { maxBytes: 4_000_000 });
  const [author = '', at = '', message = '', ...rest] = text.split('\0');
  if (author === '') {
    return {
      text: `Commit ${id.slice(0, 10)} changed nothing in \`${path}\`.`,
      data: { id, files: [] },
      sources: [{ commit: id }],
    };
  }
  const files = parseDiff(rest.join('\0'));
  const lines = splitLines(message.trim()).map((line) => `  ${printable(line)}`);
  return {
    text: [
      `commit ${id.slice(0, 10)} ${at.slice(0, 10)} ${printable(author)}: ${count(files.length, 'file')} changed.${cut ? ' The diff was cut.' : ''}`,
      ...lines,
      ...showDiff(files, true),
    ].join('\n'),
    data: { id, author, at, message: message.trim(), files, cut },
    sources: [{ commit: id }, ...toSources(files.map((file) => ({ path: file.path, line: file.lines[0]?.line })))],
  };
}

async function showContent(context: ToolContext, id: string, path: string): Promise<ToolAnswer> {
  const { text: listed } = await runGit(context, ['ls-tree', '-z', id, '--', path]);
  const entry = /^\d+ (\w+) ([0-9a-f]+)\t/.exec(listed);
  if (entry?.[1] !== 'blob') {
    throw new SkillFault(
      entry === null ? 'skills.path-not-found' : 'skills.wrong-kind',
      `Commit ${id.slice(0, 10)} has no file \`${printable(path)}\`. Give the path of a file that existed then.`,
    );
  }
  const { text, cut } = await runGit(context, ['cat-file', 'blob', entry[2] ?? ''], { maxBytes: 2_000_000 });
  if (text.slice(0, 8000).includes('\0')) {
    throw new SkillFault(
      'skills.binary',
      `\`${printable(path)}\` is a binary file in ${id.slice(0, 10)}; only text is shown.`,
    );
  }
  const lines = splitLines(text);
  return {
    text: [
      `${printable(path)} in commit ${id.slice(0, 10)}: ${count(lines.length, 'line')}.${cut ? ' It was cut.' : ''}`,
      ...lines.map((line, index) => `${printable(path)}:${index + 1}: ${printable(line)}`),
    ].join('\n'),
    data: { id, path, lines, cut },
    sources: [{ path, line: 1, commit: id }],
  };
}
