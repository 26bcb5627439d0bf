// The skill `git`: reading a repository's history. Nothing is ever written, fetched or run.
import type { Skill } from '../skill.ts';
import { gitBlame } from './blame-lines.ts';
import { gitLog } from './log-commits.ts';
import { gitShow } from './show-commit.ts';
import { gitDiff } from './show-diff.ts';
import { gitStatus } from './show-status.ts';

export const gitSkill: Skill = {
  name: 'git',
  title: 'Git history',
  description:
    'Read the git history of the project: commits, hot spots (files changed most often), authors, differences, blame and status. Changes nothing.',
  tools: [gitLog, gitStatus, gitDiff, gitShow, gitBlame],
};
