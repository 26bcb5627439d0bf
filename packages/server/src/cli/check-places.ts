// The folders and files that a command line names, checked before anything is opened: a run that took long and cost
// money must not end with nowhere to write its result.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppError } from '@gathering/contract/errors';
import { requireFolder } from '../features/projects/index.ts';
import type { Config } from '../platform/config.ts';
import { UsageFault } from './command.ts';

/** The absolute path of a folder that can be a project. */
export async function checkProject(config: Config, folder: string): Promise<string> {
  const path = resolve(folder);
  try {
    await requireFolder({ config }, path);
    return path;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new UsageFault(`--project: ${error.message} Name an existing, readable folder.`, { cause: error });
  }
}

/** Refuses a file that could not be written in the end. Makes and changes nothing. */
export async function checkOutput(file: string): Promise<void> {
  const refuse = (why: string, cause?: unknown) =>
    new UsageFault(`--output: ${file} cannot be written: ${why}. Name a file in a folder that exists.`, { cause });
  const before = await stat(file).catch(() => null);
  if (before?.isDirectory()) throw refuse('it is a folder');
  const folder = dirname(resolve(file));
  const parent = await stat(folder).catch(() => null);
  if (!parent?.isDirectory()) throw refuse(`there is no folder ${folder}`);
  try {
    await access(before === null ? folder : file, constants.W_OK);
  } catch (cause) {
    throw refuse('it may not be written by this user', cause);
  }
}
