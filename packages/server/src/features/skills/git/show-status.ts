// git_status: branch and what differs from the last commit.
import { count, printable } from '../quote.ts';
import { runGit } from '../run-git.ts';
import { defineReadingTool } from '../skill.ts';

const STATES: Readonly<Record<string, string>> = {
  M: 'modified',
  A: 'added',
  D: 'deleted',
  R: 'renamed',
  C: 'copied',
  T: 'type changed',
  U: 'in conflict',
};

export const gitStatus = defineReadingTool({
  name: 'git_status',
  description:
    'Show the state of the git work tree: the current branch, and uncommitted changes: which files are modified, staged, untracked or in conflict and not committed yet.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {},
  },
  async answer(_args, context) {
    const command = [
      'status',
      '--porcelain=v1',
      '-z',
      '--branch',
      '--untracked-files=normal',
      '--ignore-submodules=all',
    ];
    const { text, cut } = await runGit(context, command, { readsWorkTree: true });
    const tokens = text.split('\0').filter((token) => token !== '');
    const branch = tokens[0]?.startsWith('## ') ? describeBranch(tokens[0].slice(3)) : 'unknown';
    const files: { path: string; staged: string | null; unstaged: string | null }[] = [];
    for (let at = 1; at < tokens.length; at += 1) {
      const token = tokens[at] ?? '';
      const [index = ' ', tree = ' '] = token;
      // A rename is followed by the name that it had.
      if (index === 'R' || index === 'C') at += 1;
      files.push({
        path: token.slice(3),
        staged: index === '?' ? null : describeState(index),
        unstaged: describeState(tree),
      });
    }
    const head = `On ${printable(branch)}; ${files.length === 0 ? 'nothing differs from the last commit' : `${count(files.length, 'file')} not committed`}.${cut ? ' The list was cut.' : ''}`;
    const lines = files.map((file) => {
      const parts = [file.staged && `${file.staged} (staged)`, file.unstaged].filter((part) => part !== null);
      return `${printable(file.path)}:1: ${parts.join(', ')}`;
    });
    return {
      text: [head, ...lines].join('\n'),
      data: { branch, files },
      sources: files.map((file) => ({ path: file.path })),
    };
  },
});

function describeBranch(header: string): string {
  if (header.startsWith('No commits yet on '))
    return `branch ${header.slice('No commits yet on '.length)} (no commits yet)`;
  if (header.startsWith('HEAD (no branch)')) return 'no branch (detached HEAD)';
  return `branch ${header.replace('...', ', which follows ')}`;
}

function describeState(code: string): string | null {
  if (code === ' ') return null;
  return code === '?' ? 'untracked' : (STATES[code] ?? code);
}
