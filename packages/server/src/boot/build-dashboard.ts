// Builds the dashboard when its sources changed since the last build, known by a hash beside the result.
// Runs in a process of its own, so that the server opens its database meanwhile.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../platform/log.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const web = join(repository, 'packages/web');
export const dashboardFolder = join(web, 'dist');
const hashName = '.sources';
const hashFile = join(dashboardFolder, hashName);
const sources = [
  'packages/web/src/**/*',
  'packages/web/public/**/*',
  'packages/web/index.html',
  'packages/web/vite.config.ts',
  'packages/web/package.json',
  'packages/contract/src/**/*.ts',
  'package-lock.json',
];

async function hashSources(): Promise<string> {
  const paths: string[] = [];
  for await (const entry of glob(sources, { cwd: repository, withFileTypes: true }))
    if (entry.isFile()) paths.push(join(entry.parentPath, entry.name));
  const hash = createHash('sha256');
  for (const path of paths.sort()) {
    if (path.includes('.test.')) continue;
    hash
      .update(path.slice(repository.length))
      .update('\0')
      .update(await readFile(path))
      .update('\0');
  }
  return hash.digest('hex');
}

/** Where there are no sources to build from, what is there is served. Rejects with the build's own words when it fails. */
export async function buildDashboard(log: Log): Promise<void> {
  if (!existsSync(join(web, 'vite.config.ts'))) return;
  const wanted = await hashSources();
  if (existsSync(hashFile) && (await readFile(hashFile, 'utf8')) === wanted) return;
  const vite = findVite();
  if (vite === undefined) {
    log.warn('The dashboard cannot be built: its build tool is not installed. Run npm install without --omit=dev.');
    return;
  }
  const started = Date.now();
  // Built aside and moved, so that what is being served is never half there.
  const fresh = `${dashboardFolder}.${process.pid}`;
  try {
    await runBuild(vite, fresh);
    await writeFile(join(fresh, hashName), wanted);
    await replaceFolder(fresh, dashboardFolder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  log.info({ ms: Date.now() - started }, 'The dashboard was built');
}

function findVite(): string | undefined {
  return [join(repository, 'node_modules/vite/bin/vite.js'), join(web, 'node_modules/vite/bin/vite.js')].find((path) =>
    existsSync(path),
  );
}

async function replaceFolder(fresh: string, folder: string): Promise<void> {
  const old = `${fresh}.old`;
  if (existsSync(folder)) await rename(folder, old);
  await rename(fresh, folder);
  await rm(old, { recursive: true, force: true });
}

function runBuild(vite: string, outDir: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn', '--outDir', outDir, '--emptyOutDir'], {
      cwd: web,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const words: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => words.push(chunk));
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`The dashboard could not be built:\n${Buffer.concat(words).toString().slice(-4000)}`));
    });
  });
}
