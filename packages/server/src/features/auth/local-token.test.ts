import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLocalToken, removeLocalToken, writeLocalToken } from './local-token.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-token-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('is there for whoever may read the folder, from the start of a server to its end', async () => {
  expect(await readLocalToken(folder)).toBeNull();
  const token = await writeLocalToken(folder);
  expect(await readLocalToken(folder)).toBe(token);
  await removeLocalToken(folder);
  expect(await readLocalToken(folder)).toBeNull();
});

it('is new at every start and readable by its owner alone, whatever was left behind', async () => {
  await writeFile(join(folder, 'local-token'), 'old', { mode: 0o644 });
  const token = await writeLocalToken(folder);
  expect(await writeLocalToken(folder)).not.toBe(token);
  expect((await stat(join(folder, 'local-token'))).mode & 0o777).toBe(0o600);
});
