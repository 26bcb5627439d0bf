// Runs the real git, read-only. A repository is untrusted: nothing in its configuration or attributes may
// start a program (hooks, pagers, filters, diff drivers, fsmonitor, signature checks), reach a network, or
// point git at a work tree outside of the project. Git never sees the server's environment.
import { execFile } from 'node:child_process';
import { lstat, realpath } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import type { ToolContext } from '../../llm/tool.ts';
import { isInside, resolveRoot } from './confine-path.ts';
import { count, quoteLine } from './quote.ts';
import { SkillFault } from './skill.ts';

// A fixed list: a `git` lying in the project's folder must never be the one that runs.
const PROGRAM_FOLDERS = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin:/run/current-system/sw/bin';

const ENVIRONMENT = {
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_SYSTEM: devNull,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_PAGER: 'cat',
  LC_ALL: 'C',
  TZ: 'UTC',
} as const;

type Setting = readonly [key: string, value: string];

const SETTINGS: readonly Setting[] = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.quotePath', 'false'],
  ['core.pager', 'cat'],
  ['log.showSignature', 'false'],
  ['log.mailmap', 'false'],
  ['diff.ignoreSubmodules', 'all'],
  ['blame.ignoreRevsFile', ''],
  ['submodule.recurse', 'false'],
  ['color.ui', 'false'],
  ['protocol.allow', 'never'],
];

export interface GitOptions {
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** The command compares the work tree, so git would run clean filters: they are switched off by name. */
  readonly readsWorkTree?: boolean;
  readonly programFolders?: string;
}

export interface GitOutput {
  readonly text: string;
  /** The output was longer than `maxBytes`; `text` is its beginning. */
  readonly cut: boolean;
}

/** Whether the project's folder is the top of a git repository. */
export async function isRepository(context: ToolContext): Promise<boolean> {
  const root = await resolveRoot(context.projectRoot);
  return (await findGitFolder(root)) !== null;
}

/** Runs one reading command. Values from callers belong behind `--end-of-options` or `--`; see `safeRevision`. */
export async function runGit(
  context: ToolContext,
  command: readonly string[],
  options: GitOptions = {},
): Promise<GitOutput> {
  const root = await resolveRoot(context.projectRoot);
  const gitFolder = await findGitFolder(root);
  if (gitFolder === null) {
    throw new SkillFault(
      'skills.git-no-repository',
      "The project's folder is not the top of a git repository (it has no `.git`), so there is no history to read. The filesystem and text tools work without one.",
    );
  }
  const settings = options.readsWorkTree ? await filterSettings(context, root, gitFolder, options) : [];
  return execute(context, root, gitFolder, settings, command, options);
}

/** A revision from outside: refused when git could read it as an option or a range trick. */
export function safeRevision(value: string): string {
  if (/^[A-Za-z0-9_@][\w@./~^{}+-]*$/.test(value) && !value.includes('..')) return value;
  throw new SkillFault(
    'skills.invalid-arguments',
    `\`${quoteLine(value, 80)}\` is no revision: give a commit id, branch or tag, for example \`HEAD\`, \`HEAD~3\` or \`main\`.`,
  );
}

async function findGitFolder(root: string): Promise<string | null> {
  const folder = join(root, '.git');
  try {
    const status = await lstat(folder);
    if (status.isSymbolicLink() && !isInside(root, await realpath(folder))) return null;
    return folder;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ELOOP')) return null;
    throw error;
  }
}

/** `filter.<name>.clean` and `.process` are programs; the names are read, each is replaced by nothing. */
async function filterSettings(
  context: ToolContext,
  root: string,
  gitFolder: string,
  options: GitOptions,
): Promise<Setting[]> {
  const listed = await execute(context, root, gitFolder, [], ['config', '--list', '--name-only', '-z'], {
    ...options,
    readsWorkTree: false,
  });
  const names = new Set<string>();
  for (const key of listed.text.split('\0')) {
    const name = /^filter\.([\s\S]+)\.(?:clean|smudge|process|required)$/.exec(key)?.[1];
    if (name !== undefined) names.add(name);
  }
  return [...names].flatMap((name): Setting[] => [
    [`filter.${name}.clean`, ''],
    [`filter.${name}.smudge`, ''],
    [`filter.${name}.process`, ''],
    [`filter.${name}.required`, 'false'],
  ]);
}

/** As variables (git 2.31 and later), not as `-c key=value`: a name that holds `=` would be split at the wrong place. */
function settingVariables(settings: readonly Setting[]): Record<string, string> {
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(settings.length) };
  for (const [index, [key, value]] of settings.entries()) {
    variables[`GIT_CONFIG_KEY_${index}`] = key;
    variables[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return variables;
}

function execute(
  context: ToolContext,
  root: string,
  gitFolder: string,
  settings: readonly Setting[],
  command: readonly string[],
  options: GitOptions,
): Promise<GitOutput> {
  const timeoutMs = options.timeoutMs ?? 20_000;
  const fixed = SETTINGS.flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const args = ['--no-pager', `--git-dir=${gitFolder}`, `--work-tree=${root}`, ...fixed, ...command];
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      args,
      {
        cwd: root,
        env: { ...ENVIRONMENT, ...settingVariables(settings), PATH: options.programFolders ?? PROGRAM_FOLDERS },
        encoding: 'utf8',
        maxBuffer: options.maxBytes ?? 16_000_000,
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        signal: context.signal,
        windowsHide: true,
      },
      (error, stdout, stderr) => {
        if (error === null) resolve({ text: stdout, cut: false });
        else if (context.signal.aborted) reject(context.signal.reason);
        else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') resolve({ text: stdout, cut: true });
        else reject(explainFailure(error, stderr, timeoutMs));
      },
    );
    child.stdin?.end();
  });
}

function explainFailure(error: Error & { code?: unknown; killed?: boolean }, stderr: string, timeoutMs: number): Error {
  if (error.code === 'ENOENT') {
    return new SkillFault(
      'skills.git-missing',
      'The program `git` was not found on this machine. Install git (for example `apt install git`) and try again.',
    );
  }
  if (error.killed) {
    return new SkillFault(
      'skills.timeout',
      `Git did not finish within ${count(timeoutMs / 1000, 'second')}. Ask for less: a path, a smaller limit, or a later \`since\`.`,
    );
  }
  if (
    /does not have any commits yet|ambiguous argument 'HEAD'|bad revision 'HEAD'|Needed a single revision/.test(stderr)
  ) {
    return new SkillFault(
      'skills.git-no-commits',
      'The repository has no commits yet, so there is no history to read.',
    );
  }
  if (/not a git repository|invalid gitfile format/i.test(stderr)) {
    return new SkillFault(
      'skills.git-no-repository',
      "The project's `.git` is not a usable git repository, so there is no history to read.",
    );
  }
  return new SkillFault('skills.git-failed', `Git refused: ${quoteLine(stderr.split('\n')[0] || error.message)}`);
}
