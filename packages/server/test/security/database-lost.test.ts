// A database that dies under a server whose callers it remembers: nobody is let in on what is remembered.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listSkillsRoute } from '@gathering/contract/skills';
import { expect, it, onTestFinished } from 'vitest';
import { signIn } from '../api.ts';
import { outcome } from '../auth-world.ts';
import { startPostgres } from '../postgres-server.ts';
import { serversOfGroup } from '../server-process.ts';

const startServer = serversOfGroup();

it('no database, no entry: also not to what needs none', async () => {
  const postgres = await startPostgres({ fsync: false });
  const dataDir = await mkdtemp(join(tmpdir(), 'gathering-lost-'));
  onTestFinished(async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const server = await startServer({ kind: 'server', dataDir, databaseUrl: postgres.url });
  const api = await signIn(server.url);
  const reads = () => outcome(api.call(listSkillsRoute, {}));
  expect([await reads(), await reads()]).toEqual(['done', 'done']);
  await postgres.kill();
  await expect.poll(reads, { timeout: 20_000 }).toBe('database.unavailable');
  for (let i = 0; i < 20; i += 1) expect(await reads()).toBe('database.unavailable');
});
