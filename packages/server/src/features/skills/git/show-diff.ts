// git_diff: what differs between two commits, or between a commit and the work tree.
import { count, toSources } from '../quote.ts';
import { flagOf, numberOf, optionalString, stringOf } from '../read-arguments.ts';
import { runGit } from '../run-git.ts';
import { defineReadingTool } from '../skill.ts';
import { parseDiff, showDiff } from './parse-diff.ts';
import { historicPath, resolveRevision } from './revisions.ts';

export const DIFF_OPTIONS = [
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '-M',
  '--ignore-submodules=all',
  '--src-prefix=a/',
  '--dst-prefix=b/',
];

export const gitDiff = defineReadingTool({
  name: 'git_diff',
  description:
    'Show the differences (diff) between two commits, or between a commit and the files as they are now. Each changed line is `path:line: + text` (new) or `path:line: - text` (old).',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      from: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        default: 'HEAD',
        description: 'The older side: a commit id, branch or tag.',
        examples: ['HEAD', 'HEAD~1', 'main'],
      },
      to: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        description: 'The newer side: a commit id, branch or tag. When left out, the files as they are now.',
        examples: ['HEAD', 'feature'],
      },
      path: {
        type: 'string',
        maxLength: 4096,
        default: '.',
        description: "Only differences in this file or folder, relative to the project's root.",
        examples: ['.', 'src/main.ts'],
      },
      filesOnly: {
        type: 'boolean',
        default: false,
        description: 'True: only name the changed files with the number of added and removed lines.',
      },
      context: {
        type: 'integer',
        minimum: 0,
        maximum: 20,
        default: 1,
        description: 'How many unchanged lines to show around each change.',
        examples: [3],
      },
    },
  },
  async answer(args, context) {
    const from = await resolveRevision(context, stringOf(args, 'from', 'HEAD'));
    const toName = optionalString(args, 'to');
    const to = toName === null ? null : await resolveRevision(context, toName);
    const path = await historicPath(context, stringOf(args, 'path', '.'));
    const filesOnly = flagOf(args, 'filesOnly', false);
    const revisions = to === null ? [from] : [from, to];
    const command = ['diff', ...DIFF_OPTIONS, `-U${numberOf(args, 'context', 1)}`, ...revisions, '--', path];
    const { text, cut } = await runGit(context, command, { readsWorkTree: to === null, maxBytes: 4_000_000 });
    const files = parseDiff(text);
    const sides = `${from.slice(0, 10)} and ${to === null ? 'the files as they are now' : to.slice(0, 10)}`;
    const head =
      files.length === 0
        ? `No differences between ${sides} in \`${path}\`.`
        : `${count(files.length, 'file')} changed between ${sides}.${cut ? ' The diff was cut.' : ''}`;
    return {
      text: [head, ...showDiff(files, !filesOnly)].join('\n'),
      data: { from, to, files: filesOnly ? files.map(({ lines, ...file }) => file) : files, cut },
      sources: toSources(files.map((file) => ({ path: file.path, line: file.lines[0]?.line }))),
    };
  },
});
