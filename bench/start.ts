// From the start of the process to ready: a first start with and without the dashboard's build, a restart on the
// same data, and the memory of the idle server afterwards, on the embedded database.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePort } from './free-port.ts';
import { readMemory } from './real-server.ts';
import { describeMachine, printFigures, printTable, readOptions } from './report.ts';

const options = readOptions({});
const repository = fileURLToPath(new URL('../', import.meta.url));
const builtMark = join(repository, 'packages/web/dist/.sources');
const idleMs = 10_000;

interface Start {
  readonly readyMs: number;
  readonly child: ChildProcess;
}

async function start(dataDir: string): Promise<Start> {
  const port = await findFreePort();
  const began = performance.now();
  const child = spawn(process.execPath, [join(repository, 'packages/server/src/main.ts'), 'serve'], {
    env: { ...process.env, GATHERING_DATA_DIR: dataDir, PORT: String(port), GATHERING_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The server ended with code ${child.exitCode} before it was ready.`);
    const reply = await fetch(`http://127.0.0.1:${port}/api/health/ready`).catch(() => null);
    // A dashboard that is still being built answers 503 at its address.
    const page = reply?.ok ? await fetch(`http://127.0.0.1:${port}/`).catch(() => null) : null;
    if (page?.ok) return { readyMs: performance.now() - began, child };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function measureFirstStart(): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gathering-bench-'));
  try {
    const { readyMs, child } = await start(dataDir);
    await stop(child);
    return readyMs;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measureRestart(): Promise<{ readyMs: number; idleMb: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gathering-bench-'));
  try {
    await stop((await start(dataDir)).child);
    const again = await start(dataDir);
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    const idleMb = await readMemory(again.child);
    await stop(again.child);
    return { readyMs: again.readyMs, idleMb };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

console.log(`bench:start on ${describeMachine()}, embedded database\n`);
await rm(builtMark, { force: true });
const withBuild = await measureFirstStart();
const first = await measureFirstStart();
const restart = await measureRestart();
printTable([
  ['what', 'measured', 'aim'],
  ['first start to ready, dashboard built', `${(withBuild / 1000).toFixed(1)} s`, '12 s'],
  ['first start to ready', `${(first / 1000).toFixed(1)} s`, '10 s'],
  ['restart to ready', `${(restart.readyMs / 1000).toFixed(2)} s`, '2.5 s'],
  [`resident memory ${idleMs / 1000} s after the restart`, `${restart.idleMb.toFixed(0)} MB`, '450 MB'],
]);
if (options.json) {
  printFigures('start', {
    firstStartWithBuildMs: withBuild,
    firstStartMs: first,
    restartMs: restart.readyMs,
    idleMemoryMb: restart.idleMb,
  });
}
