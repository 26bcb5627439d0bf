// `npm run test:chaos`: 25 kills, as the tests of every change make. With `--long` 500, in rounds; what was done is written down
// after each round, so that a long run that was cut off goes on where it was. `--again` begins anew.
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const progressFile = join(root, 'test-results/chaos.json');
const killsOfRound = 25;
const killsOfLong = 500;

const { values } = parseArgs({ options: { long: { type: 'boolean' }, again: { type: 'boolean' } } });

async function readDone(): Promise<number> {
  if (values.again) return 0;
  try {
    const { done } = JSON.parse(await readFile(progressFile, 'utf8')) as { done: unknown };
    return typeof done === 'number' && done < killsOfLong ? done : 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}

function runRound(): Promise<number> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const env = { ...process.env, CHAOS_KILLS: String(killsOfRound) };
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'chaos'], { cwd: root, env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

if (values.long) {
  await mkdir(dirname(progressFile), { recursive: true });
  for (let done = await readDone(); done < killsOfLong; done += killsOfRound) {
    process.stdout.write(`\n${done} of ${killsOfLong} kills are done.\n`);
    const code = await runRound();
    if (code !== 0) process.exit(code);
    await writeFile(progressFile, JSON.stringify({ done: done + killsOfRound }));
  }
  process.stdout.write(`\nAll ${killsOfLong} kills lost, doubled and held up nothing.\n`);
} else process.exit(await runRound());
