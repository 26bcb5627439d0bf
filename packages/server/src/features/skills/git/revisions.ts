// Turns what a caller names (a revision, a path that may be gone today) into what git can be given safely.
import { isAbsolute, posix } from 'node:path';
import type { ToolContext } from '../../../llm/tool.ts';
import { confinePath } from '../confine-path.ts';
import { printable } from '../quote.ts';
import { runGit, safeRevision } from '../run-git.ts';
import { explainFault, SkillFault } from '../skill.ts';

/** The full commit id of a revision. */
export async function resolveRevision(context: ToolContext, revision: string): Promise<string> {
  const safe = safeRevision(revision);
  try {
    return (await runGit(context, ['rev-parse', '--verify', '--quiet', `${safe}^{commit}`])).text.trim();
  } catch (error) {
    if (!(error instanceof SkillFault) || error.code !== 'skills.git-failed') throw error;
    if (safe !== 'HEAD') await resolveRevision(context, 'HEAD');
    else
      throw explainFault(
        'skills.git-no-commits',
        'The repository has no commits yet, so there is no history to read.',
        { cause: error },
      );
    throw explainFault(
      'skills.invalid-arguments',
      `The repository knows no revision \`${safe}\`. Give a commit id from git_log, a branch or a tag; \`HEAD\` is the newest commit.`,
      { cause: error },
    );
  }
}

/** A path relative to the root for git: one that exists is confined by its real path, one that is gone by its segments. */
export async function historicPath(context: ToolContext, path: string): Promise<string> {
  try {
    return (await confinePath(context.projectRoot, path, context.closedFolders)).relative;
  } catch (error) {
    if (!(error instanceof SkillFault) || error.code !== 'skills.path-not-found') throw error;
  }
  const lexical = posix.normalize(path).replace(/\/$/, '');
  if (isAbsolute(lexical) || lexical.split('/')[0] === '..') {
    throw new SkillFault('skills.path-refused', `\`${printable(path)}\` leads out of the project's folder.`);
  }
  return lexical;
}
